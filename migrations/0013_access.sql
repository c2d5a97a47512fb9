-- breaking: no
-- Finer rights: what an application token is for, what only a person does, members that change under a version, and
-- the actor's address in the audit log.

create type public.token_scope as enum ('read', 'deploy', 'manage', 'full');
alter table public.application_tokens add column scope public.token_scope not null default 'full';

-- As in 0009; a token's scope is a ceiling on the role of its user (contracts' tokenScopes, compared by a test).
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
        and t.revoked_at is null and (t.expires_at is null or t.expires_at > now())
        and p_minimum <= case t.scope when 'read' then 'viewer'::public.account_role when 'deploy' then 'member'
          when 'manage' then 'admin' else 'owner' end))
$$;

-- The same for what no token does, whatever its scope: a stolen token must not be able to let anybody in for good.
create function private.person_account_ids(p_minimum public.account_role)
returns setof uuid language sql stable security definer set search_path = '' rows 4 as $$
  select m from private.member_account_ids(p_minimum) m where (select auth.jwt()) ->> 'app_token_id' is null
$$;
grant execute on function private.person_account_ids(public.account_role) to authenticated;

create or replace function private.require_role(p_account_id uuid, p_minimum public.account_role, p_what text)
returns void language plpgsql stable security definer set search_path = '' as $$
begin
  if private.is_service() then return; end if;
  if p_account_id is null or p_account_id not in (select private.member_account_ids('viewer')) then
    perform private.fail(404, 'not_found', format('There is no such %s, or it is not yours to see.', p_what));
  end if;
  if p_account_id not in (select private.member_account_ids(p_minimum)) then
    perform private.fail(403, 'forbidden', format('This needs the role %s in the account.', p_minimum),
      case when (select auth.jwt()) ->> 'app_token_id' is null then 'Ask an owner of the account for a higher role.'
        else 'Use a token whose scope and whose user allow it.' end);
  end if;
end $$;

drop function public.create_application_token(uuid, text, text, text, timestamptz);
create function public.create_application_token(p_account_id uuid, p_name text, p_hint text, p_hash text,
  p_expires_at timestamptz default null, p_scope public.token_scope default 'full')
returns public.application_tokens language plpgsql security definer set search_path = '' as $$
declare v_token public.application_tokens;
begin
  if (select auth.uid()) is null or (select auth.jwt()) ->> 'app_token_id' is not null then
    perform private.fail(403, 'forbidden', 'A token is made by a signed-in user, not by another token.', 'Sign in as a user.');
  end if;
  perform private.require_role(p_account_id, 'member', 'account');
  if p_expires_at <= now() then perform private.fail(400, 'token_expiry_past', 'The expiry is in the past.'); end if;
  insert into public.application_tokens (account_id, user_id, name, hint, expires_at, scope)
  values (p_account_id, (select auth.uid()), p_name, p_hint, p_expires_at, p_scope) returning * into v_token;
  insert into private.application_token_hashes (token_id, hash) values (v_token.id, p_hash);
  return v_token;
end $$;
grant execute on function public.create_application_token(uuid, text, text, text, timestamptz, public.token_scope) to authenticated;

create or replace function public.resolve_application_token(p_hash text)
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
    'accountId', v_token.account_id, 'expiresAt', v_token.expires_at, 'scope', v_token.scope);
end $$;

-- Members change under a version as everything else does, and nothing of a membership but its role changes at all.
alter table public.accounts_memberships
  add column version int not null default 1,
  add column updated_at timestamptz not null default now();
create trigger next_version before update on public.accounts_memberships
  for each row execute function private.next_version();
revoke insert, update on public.accounts_memberships from authenticated;
grant insert (account_id, user_id, role), update (role) on public.accounts_memberships to authenticated;
revoke update on public.accounts from authenticated;
grant update (slug, name) on public.accounts to authenticated;

alter policy accounts_update on public.accounts
  using (id in (select private.person_account_ids('owner')))
  with check (id in (select private.person_account_ids('owner')));
alter policy accounts_delete on public.accounts using (id in (select private.person_account_ids('owner')));
alter policy memberships_insert on public.accounts_memberships
  with check (account_id in (select private.person_account_ids('owner'))
    or (role < 'owner' and account_id in (select private.person_account_ids('admin'))));
alter policy memberships_update on public.accounts_memberships
  using (account_id in (select private.person_account_ids('owner'))
    or (role < 'owner' and account_id in (select private.person_account_ids('admin'))))
  with check (account_id in (select private.person_account_ids('owner'))
    or (role < 'owner' and account_id in (select private.person_account_ids('admin'))));
-- Everybody may leave.
alter policy memberships_delete on public.accounts_memberships
  using (account_id in (select private.person_account_ids('owner'))
    or (role < 'owner' and account_id in (select private.person_account_ids('admin')))
    or (user_id = (select auth.uid()) and account_id in (select private.person_account_ids('viewer'))));

-- As in 0001, and the end of the last owner's user is refused too: it would leave an account that nobody can manage.
create or replace function private.keep_an_owner() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if old.role <> 'owner' or (tg_op = 'UPDATE' and new.role = 'owner' and new.account_id = old.account_id) then
    return null;
  end if;
  -- The account's row lock makes two owners who leave at the same moment wait for each other.
  perform 1 from public.accounts where id = old.account_id for update;
  if not found then return null; end if; -- the account itself is being deleted
  if not exists (select 1 from public.accounts_memberships where account_id = old.account_id and role = 'owner') then
    perform private.fail(409, 'last_owner', 'An account keeps at least one owner.', 'Make somebody else an owner first.');
  end if;
  return null;
end $$;

-- The members with their addresses, which are in auth's table and nowhere else.
create function public.list_members(p_account_id uuid)
returns table (account_id uuid, user_id uuid, email text, role public.account_role, version int,
  created_at timestamptz, updated_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select m.account_id, m.user_id, coalesce(u.email, '')::text, m.role, m.version, m.created_at, m.updated_at
  from public.accounts_memberships m join auth.users u on u.id = m.user_id
  where m.account_id = p_account_id and m.account_id in (select private.member_account_ids('viewer'))
$$;
grant execute on function public.list_members(uuid) to authenticated;

-- The address as it was then: the log outlives the user.
alter table public.audit_log add column actor_email text;
drop index public.audit_log_account_idx;
-- The log of everything one may see is read in this order, whatever the accounts.
create index audit_log_at_idx on public.audit_log (at desc, id desc);
create index audit_log_account_idx on public.audit_log (account_id, at desc, id desc);
create index audit_log_actor_idx on public.audit_log (actor_user_id, at desc, id desc);
drop index public.audit_log_subject_idx;
create index audit_log_subject_idx on public.audit_log (subject_id, at desc, id desc);

create or replace function private.audit() returns trigger language plpgsql security definer set search_path = '' as $$
declare
  v_row jsonb := case when tg_op = 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
  v_old jsonb := case when tg_op = 'UPDATE' then to_jsonb(old) end;
  v_claims jsonb := coalesce((select auth.jwt()), '{}');
  v_headers jsonb := coalesce(nullif(current_setting('request.headers', true), ''), '{}')::jsonb;
  v_detail jsonb := '{}'; v_column text; v_watched text[] := tg_argv[1:];
begin
  foreach v_column in array coalesce(v_watched, '{}') loop
    if tg_op <> 'UPDATE' or v_row -> v_column is distinct from v_old -> v_column then
      v_detail := v_detail || jsonb_build_object(v_column, v_row -> v_column);
    end if;
  end loop;
  if tg_op = 'UPDATE' and v_detail = '{}' then return null; end if;
  insert into public.audit_log (account_id, actor_user_id, actor_email, actor_role, application_token_id, action,
    subject_type, subject_id, detail, source)
  values (
    case when tg_argv[0] = 'account' then (v_row ->> 'id')::uuid else (v_row ->> 'account_id')::uuid end,
    (v_claims ->> 'sub')::uuid, nullif(v_claims ->> 'email', ''), coalesce(v_claims ->> 'role', session_user),
    (v_claims ->> 'app_token_id')::uuid,
    lower(tg_op), tg_argv[0], coalesce(v_row ->> 'id', v_row ->> 'user_id')::uuid, v_detail,
    jsonb_strip_nulls(jsonb_build_object('address', v_headers ->> 'x-forwarded-for', 'userAgent', left(v_headers ->> 'user-agent', 200),
      'requestId', v_headers ->> 'x-request-id')));
  return null;
end $$;

drop trigger audit on public.application_tokens;
create trigger audit after insert or update of revoked_at or delete on public.application_tokens
  for each row execute function private.audit('application_token', 'name', 'scope', 'expires_at', 'revoked_at');
