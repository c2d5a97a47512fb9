-- breaking: no
-- Accounts, memberships and who is asking: the ground every policy stands on.

-- Nothing new is reachable unless a migration grants it by name (the image's default privileges would open it all).
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;
alter default privileges in schema public revoke all on tables from anon, authenticated;
alter default privileges in schema public revoke all on sequences from anon, authenticated;

create type public.account_role as enum ('viewer', 'member', 'admin', 'owner');

create table public.accounts (
  id uuid primary key default gen_random_uuid(),
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$'),
  name text not null check (length(name) between 1 and 120),
  created_at timestamptz not null default now()
);

create table public.accounts_memberships (
  account_id uuid not null references public.accounts (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role public.account_role not null default 'viewer',
  created_at timestamptz not null default now(),
  primary key (account_id, user_id)
);
create index accounts_memberships_user_idx on public.accounts_memberships (user_id, account_id, role);

-- Every expected failure raised in SQL: SQLSTATE PTxyz becomes HTTP xyz in PostgREST, message is the code of the
-- contracts' Failure, detail the sentence, hint the suggestion.
create function private.fail(p_status int, p_code text, p_detail text default null, p_hint text default null)
returns void language plpgsql set search_path = '' as $$
begin
  raise exception using errcode = 'PT' || p_status, message = p_code,
    detail = coalesce(p_detail, ''), hint = coalesce(p_hint, '');
end $$;

-- The accounts in which the caller holds at least this role. Policies ask it once per statement:
-- `account_id in (select private.member_account_ids('member'))`. A token that was made for one account
-- (claim app_account_id) sees no other, whatever else its user may.
create function private.member_account_ids(p_minimum public.account_role default 'viewer')
returns setof uuid language sql stable security definer set search_path = '' rows 4 as $$
  select m.account_id
  from public.accounts_memberships m
  where m.user_id = (select auth.uid())
    and m.role >= p_minimum
    and m.account_id = coalesce(((select auth.jwt()) ->> 'app_account_id')::uuid, m.account_id)
$$;
grant execute on function private.member_account_ids(public.account_role) to authenticated;

create function private.is_service() returns boolean language sql stable set search_path = '' as $$
  select coalesce((select auth.jwt()) ->> 'role', '') = 'service_role'
$$;

-- For RPCs: passes when the caller holds the role in the account. Who may not even see the account learns only
-- that there is no such thing.
create function private.require_role(p_account_id uuid, p_minimum public.account_role, p_what text)
returns void language plpgsql stable security definer set search_path = '' as $$
begin
  if private.is_service() then return; end if;
  if p_account_id is null or p_account_id not in (select private.member_account_ids('viewer')) then
    perform private.fail(404, 'not_found', format('There is no such %s, or it is not yours to see.', p_what));
  end if;
  if p_account_id not in (select private.member_account_ids(p_minimum)) then
    perform private.fail(403, 'forbidden', format('This needs the role %s in the account.', p_minimum),
      'Ask an owner of the account for a higher role.');
  end if;
end $$;

alter table public.accounts enable row level security;
alter table public.accounts_memberships enable row level security;
grant select, update, delete on public.accounts to authenticated;
grant select, insert, update, delete on public.accounts_memberships to authenticated;

create policy accounts_read on public.accounts for select to authenticated
  using (id in (select private.member_account_ids('viewer')));
create policy accounts_update on public.accounts for update to authenticated
  using (id in (select private.member_account_ids('owner')))
  with check (id in (select private.member_account_ids('owner')));
create policy accounts_delete on public.accounts for delete to authenticated
  using (id in (select private.member_account_ids('owner')));

create policy memberships_read on public.accounts_memberships for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
-- An admin manages everybody but owners, and makes nobody an owner.
create policy memberships_insert on public.accounts_memberships for insert to authenticated
  with check (account_id in (select private.member_account_ids('owner'))
    or (role < 'owner' and account_id in (select private.member_account_ids('admin'))));
create policy memberships_update on public.accounts_memberships for update to authenticated
  using (account_id in (select private.member_account_ids('owner'))
    or (role < 'owner' and account_id in (select private.member_account_ids('admin'))))
  with check (account_id in (select private.member_account_ids('owner'))
    or (role < 'owner' and account_id in (select private.member_account_ids('admin'))));
create policy memberships_delete on public.accounts_memberships for delete to authenticated
  using (account_id in (select private.member_account_ids('owner'))
    or (role < 'owner' and account_id in (select private.member_account_ids('admin'))));

create function private.keep_an_owner() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if old.role <> 'owner' or (tg_op = 'UPDATE' and new.role = 'owner' and new.account_id = old.account_id) then
    return null;
  end if;
  -- The account's row lock makes two owners who leave at the same moment wait for each other.
  perform 1 from public.accounts where id = old.account_id for update;
  if not found or not exists (select 1 from auth.users where id = old.user_id) then
    return null; -- the account or the user itself is being deleted
  end if;
  if not exists (select 1 from public.accounts_memberships where account_id = old.account_id and role = 'owner') then
    perform private.fail(409, 'last_owner', 'An account keeps at least one owner.', 'Make somebody else an owner first.');
  end if;
  return null;
end $$;
create trigger keep_an_owner after update or delete on public.accounts_memberships
  for each row execute function private.keep_an_owner();

create function public.create_account(p_slug text, p_name text)
returns public.accounts language plpgsql security definer set search_path = '' as $$
declare v_account public.accounts; v_user uuid := (select auth.uid());
begin
  if v_user is null then perform private.fail(403, 'forbidden', 'Only a signed-in user has accounts.'); end if;
  if (select auth.jwt()) ->> 'app_account_id' is not null then
    perform private.fail(403, 'forbidden', 'An application token belongs to one account and makes no other.', 'Sign in as a user.');
  end if;
  insert into public.accounts (slug, name) values (p_slug, p_name) returning * into v_account;
  insert into public.accounts_memberships (account_id, user_id, role) values (v_account.id, v_user, 'owner');
  return v_account;
end $$;
grant execute on function public.create_account(text, text) to authenticated;

-- What version the database is on; a program that is older than a breaking migration refuses to start on it.
create function public.platform_schema() returns jsonb language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('version', coalesce(max(version), 0),
    'breaking', coalesce(max(version) filter (where breaking), 0)) from private.migrations
$$;
grant execute on function public.platform_schema() to anon, authenticated, service_role;
