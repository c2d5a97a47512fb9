-- breaking: no
-- Logins through a browser: the code that the login page gives, until the command line exchanges it for the session.
-- Only the SHA-256 of a code is kept, and the session only as the API server sealed it: the database alone reveals neither.

create table private.login_codes (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  -- PKCE, S256: whoever exchanges the code shows what this is the hash of.
  challenge text not null check (challenge ~ '^[A-Za-z0-9_-]{43}$'),
  -- Null: the code was shown, to be typed where the login began.
  redirect_uri text check (length(redirect_uri) <= 200),
  -- Forgotten when the code is used.
  session text,
  -- Its access token, kept a while longer: a code that comes a second time was seen by two, and ends the session.
  access text not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now()
);
create index login_codes_created_idx on private.login_codes (created_at);
alter table private.login_codes enable row level security;

create function public.keep_login_code(p_hash text, p_challenge text, p_redirect_uri text, p_session text, p_access text,
  p_seconds int)
returns void language plpgsql security definer set search_path = '' as $$
begin
  -- An access token lives an hour: after that there is nothing to end.
  delete from private.login_codes where created_at < now() - interval '1 hour';
  insert into private.login_codes (hash, challenge, redirect_uri, session, access, expires_at)
  values (p_hash, p_challenge, p_redirect_uri, p_session, p_access, now() + make_interval(secs => p_seconds));
end $$;
grant execute on function public.keep_login_code(text, text, text, text, text, int) to service_role;

-- {state: good | used | foreign | expired | unknown, session, access}. Whatever the answer, the code is over after it.
create function public.use_login_code(p_hash text, p_challenge text, p_redirect_uri text)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_code private.login_codes; v_state text;
begin
  select * into v_code from private.login_codes where hash = p_hash for update;
  if not found then return '{"state": "unknown"}'; end if;
  v_state := case
    when v_code.used_at is not null then 'used'
    when v_code.challenge <> p_challenge or v_code.redirect_uri is distinct from p_redirect_uri then 'foreign'
    when v_code.expires_at <= now() then 'expired'
    else 'good' end;
  update private.login_codes set used_at = coalesce(used_at, now()), session = null where hash = p_hash;
  return jsonb_build_object('state', v_state, 'access', v_code.access,
    'session', case when v_state = 'good' then v_code.session end);
end $$;
grant execute on function public.use_login_code(text, text, text) to service_role;
