-- breaking: no
-- Application tokens: they act as their user, in one account. Only the SHA-256 of a token is kept.

create table public.application_tokens (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null,
  user_id uuid not null,
  name text not null check (length(name) between 1 and 120),
  hint text not null check (length(hint) <= 20),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  -- Who leaves the account leaves without tokens.
  foreign key (account_id, user_id) references public.accounts_memberships (account_id, user_id) on delete cascade
);
create index application_tokens_account_idx on public.application_tokens (account_id, created_at desc, id desc);
create index application_tokens_user_idx on public.application_tokens (user_id);

create table private.application_token_hashes (
  token_id uuid primary key references public.application_tokens (id) on delete cascade,
  hash text not null unique check (hash ~ '^[0-9a-f]{64}$')
);
alter table private.application_token_hashes enable row level security;
alter table public.application_tokens enable row level security;
grant select on public.application_tokens to authenticated;
create policy application_tokens_read on public.application_tokens for select to authenticated
  using ((user_id = (select auth.uid()) and account_id in (select private.member_account_ids('viewer')))
    or account_id in (select private.member_account_ids('admin')));

create function public.create_application_token(p_account_id uuid, p_name text, p_hint text, p_hash text, p_expires_at timestamptz default null)
returns public.application_tokens language plpgsql security definer set search_path = '' as $$
declare v_token public.application_tokens;
begin
  if (select auth.uid()) is null or (select auth.jwt()) ->> 'app_token_id' is not null then
    perform private.fail(403, 'forbidden', 'A token is made by a signed-in user, not by another token.', 'Sign in as a user.');
  end if;
  perform private.require_role(p_account_id, 'member', 'account');
  if p_expires_at <= now() then perform private.fail(400, 'token_expiry_past', 'The expiry is in the past.'); end if;
  insert into public.application_tokens (account_id, user_id, name, hint, expires_at)
  values (p_account_id, (select auth.uid()), p_name, p_hint, p_expires_at) returning * into v_token;
  insert into private.application_token_hashes (token_id, hash) values (v_token.id, p_hash);
  return v_token;
end $$;
grant execute on function public.create_application_token(uuid, text, text, text, timestamptz) to authenticated;

create function public.revoke_application_token(p_id uuid)
returns public.application_tokens language plpgsql security definer set search_path = '' as $$
declare v_token public.application_tokens;
begin
  select * into v_token from public.application_tokens where id = p_id for update;
  if v_token.id is null or not (private.is_service()
    or v_token.account_id in (select private.member_account_ids('admin'))
    or (v_token.user_id = (select auth.uid()) and v_token.account_id in (select private.member_account_ids('viewer')))) then
    perform private.fail(404, 'not_found', 'There is no such token, or it is not yours to revoke.');
  end if;
  update public.application_tokens set revoked_at = coalesce(revoked_at, now()) where id = p_id returning * into v_token;
  return v_token;
end $$;
grant execute on function public.revoke_application_token(uuid) to authenticated, service_role;

create function public.resolve_application_token(p_hash text)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_token public.application_tokens; v_email text;
begin
  select t.* into v_token from private.application_token_hashes h join public.application_tokens t on t.id = h.token_id
  where h.hash = p_hash and t.revoked_at is null and (t.expires_at is null or t.expires_at > now());
  if not found then return null; end if;
  select coalesce(u.email, '') into v_email from auth.users u
  where u.id = v_token.user_id and u.deleted_at is null and (u.banned_until is null or u.banned_until < now());
  if not found then return null; end if;
  -- Once a minute is precise enough, and spares a write a request.
  update public.application_tokens set last_used_at = now()
  where id = v_token.id and (last_used_at is null or last_used_at < now() - interval '1 minute');
  return jsonb_build_object('tokenId', v_token.id, 'userId', v_token.user_id, 'email', v_email,
    'accountId', v_token.account_id, 'expiresAt', v_token.expires_at);
end $$;
grant execute on function public.resolve_application_token(text) to service_role;

-- As in 0001, and a revoked or expired token's user token ends at once, wherever it is shown: REST, Realtime, API.
create or replace function private.member_account_ids(p_minimum public.account_role default 'viewer')
returns setof uuid language sql stable security definer set search_path = '' rows 4 as $$
  with claims as (
    select (select auth.uid()) as user_id, ((select auth.jwt()) ->> 'app_account_id')::uuid as account_id,
      ((select auth.jwt()) ->> 'app_token_id')::uuid as token_id
  )
  select m.account_id
  from claims c join public.accounts_memberships m on m.user_id = c.user_id
  where m.role >= p_minimum
    and m.account_id = coalesce(c.account_id, m.account_id)
    and (c.token_id is null or exists (
      select 1 from public.application_tokens t
      where t.id = c.token_id and t.user_id = c.user_id and t.account_id = m.account_id
        and t.revoked_at is null and (t.expires_at is null or t.expires_at > now())))
$$;
