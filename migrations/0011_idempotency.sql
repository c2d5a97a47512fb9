-- breaking: no
-- Idempotency-Key of the API: the first answer is kept for a day and given again. The body is encrypted by the API
-- server (a token's answer holds the token), so the database alone does not reveal it.

create table private.idempotency_keys (
  user_id uuid not null,
  key text not null check (length(key) between 1 and 200),
  request_hash text not null,
  status int,
  body text,
  locked_until timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (user_id, key)
);
create index idempotency_keys_created_idx on private.idempotency_keys (created_at);
alter table private.idempotency_keys enable row level security;

-- {state: new | replay | conflict | busy, status, body}
create function public.begin_idempotent(p_user_id uuid, p_key text, p_request_hash text)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_row private.idempotency_keys;
begin
  delete from private.idempotency_keys where created_at < now() - interval '1 day';
  insert into private.idempotency_keys (user_id, key, request_hash, locked_until)
  values (p_user_id, p_key, p_request_hash, now() + interval '1 minute')
  on conflict (user_id, key) do nothing;
  if found then return '{"state": "new"}'; end if;
  select * into v_row from private.idempotency_keys where user_id = p_user_id and key = p_key for update;
  if v_row.request_hash <> p_request_hash then return '{"state": "conflict"}'; end if;
  if v_row.status is not null then
    return jsonb_build_object('state', 'replay', 'status', v_row.status, 'body', v_row.body);
  end if;
  if v_row.locked_until > now() then return '{"state": "busy"}'; end if;
  -- Whoever began it died in between.
  update private.idempotency_keys set locked_until = now() + interval '1 minute' where user_id = p_user_id and key = p_key;
  return '{"state": "new"}';
end $$;
grant execute on function public.begin_idempotent(uuid, text, text) to service_role;

-- Keeps the answer; a null status forgets the key (the request failed and may be tried again).
create function public.finish_idempotent(p_user_id uuid, p_key text, p_status int, p_body text)
returns void language plpgsql security definer set search_path = '' as $$
begin
  if p_status is null then
    delete from private.idempotency_keys where user_id = p_user_id and key = p_key and status is null;
  else
    update private.idempotency_keys set status = p_status, body = p_body where user_id = p_user_id and key = p_key;
  end if;
end $$;
grant execute on function public.finish_idempotent(uuid, text, int, text) to service_role;
