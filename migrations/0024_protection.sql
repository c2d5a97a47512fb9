-- breaking: no
-- Protection of environments: who may deploy, from which branches, and whose approval a deployment waits for.

-- Who is meant: everybody with at least the role, and these users. {} is nobody.
create function private.is_party(p jsonb) returns boolean language sql immutable set search_path = '' as $$
  select p is null or coalesce(case when jsonb_typeof(p) = 'object' then
    (p - array['role', 'users']) = '{}'
    and (not p ? 'role' or p ->> 'role' in ('viewer', 'member', 'admin', 'owner'))
    and (not p ? 'users' or (jsonb_typeof(p -> 'users') = 'array' and not jsonb_path_exists(p,
      '$.users[*] ? (@.type() != "string" || !(@ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))')
      and not jsonb_path_exists(p, '$.users ? (@.size() > 50)')))
  end, false)
$$;
-- Checked key by key, so that nobody believes in a protection that is misspelt; and none waits for more approvals than
-- there can be.
create function private.is_protection(p jsonb) returns boolean language sql immutable security definer set search_path = '' as $$
  select coalesce(case when jsonb_typeof(p) = 'object' then
    (p - array['requiredApprovals', 'approvalTimeoutSeconds', 'approvers', 'allowedBranches', 'deployers']) = '{}'
    and (not p ? 'requiredApprovals' or jsonb_path_exists(p,
      'strict $.requiredApprovals ? (@.type() == "number" && @ >= 0 && @ <= 10 && @ == @.floor())'))
    and (not p ? 'approvalTimeoutSeconds' or jsonb_path_exists(p,
      'strict $.approvalTimeoutSeconds ? (@.type() == "number" && @ >= 60 && @ <= 2592000 && @ == @.floor())'))
    and (not p ? 'allowedBranches' or jsonb_path_exists(p,
      'strict $.allowedBranches ? (@.type() == "array" && @.size() >= 1 && @.size() <= 50)')
      and not jsonb_path_exists(p, '$.allowedBranches[*] ? (@.type() != "string" || !(@ like_regex "^[^[:cntrl:][:space:]]{1,250}$"))'))
    and private.is_party(p -> 'approvers') and private.is_party(p -> 'deployers')
    and (not p ? 'approvers' or p -> 'approvers' ? 'role' or not jsonb_path_exists(p, '$.requiredApprovals ? (@ > 0)')
      or jsonb_path_exists(p, '$ ? (@.approvers.users.size() >= @.requiredApprovals)'))
  end, false)
$$;
-- The check below asks it as whoever writes.
grant execute on function private.is_protection(jsonb) to authenticated, service_role;
alter table public.environments
  add column protection jsonb not null default '{}' check (private.is_protection(protection)),
  -- Which branches belong to it, written as allowedBranches are; for deployments that a push asks for.
  add column branch_pattern text check (branch_pattern ~ '^[^[:cntrl:][:space:]]{1,250}$');
drop trigger audit on public.environments;
create trigger audit after insert or update or delete on public.environments
  for each row execute function private.audit('environment', 'slug', 'name', 'category', 'credentials', 'protection',
    'branch_pattern', 'version');

-- Who is named has to be a member when they are named; who leaves later just counts for nothing. After: row security
-- has let the writer in, so nobody learns here who is a member elsewhere.
create function private.parties_are_members() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_user text;
begin
  select u into v_user from jsonb_array_elements_text(
    coalesce(new.protection -> 'approvers' -> 'users', '[]') || coalesce(new.protection -> 'deployers' -> 'users', '[]')) u
  where not exists (select 1 from public.accounts_memberships m where m.account_id = new.account_id and m.user_id = u::uuid)
    and (tg_op = 'INSERT' or not jsonb_path_exists(old.protection, '$.*.users[*] ? (@ == $u)', jsonb_build_object('u', u)))
  limit 1;
  if found then
    perform private.fail(422, 'party_not_member', format('The user %s is no member of the account.', v_user),
      'See who is: sfp member list');
  end if;
  return null;
end $$;
create trigger parties_are_members after insert or update of protection on public.environments
  for each row execute function private.parties_are_members();

-- `*` stands for anything but a slash, `**` for anything. The same as contracts' refMatches() (compared by a test).
create function private.ref_matches(p_ref text, p_pattern text) returns boolean language sql immutable set search_path = '' as $$
  select p_ref ~ ('^' || replace(replace(replace(
    regexp_replace(p_pattern, '([.^$+?(){}|\[\]\\])', '\\\1', 'g'), '**', E'\x01'), '*', '[^/]*'), E'\x01', '.*') || '$')
$$;

-- Whether the user belongs to the party of that account now.
create function private.in_party(p_account_id uuid, p_user_id uuid, p_party jsonb)
returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select 1 from public.accounts_memberships m
    where m.account_id = p_account_id and m.user_id = p_user_id
      and (m.role >= (p_party ->> 'role')::public.account_role or coalesce(p_party -> 'users', '[]') ? m.user_id::text))
$$;
-- The same for who asks now: a token reaches as far as its scope, whatever its user may.
create function private.caller_in_party(p_account_id uuid, p_party jsonb)
returns boolean language sql stable security definer set search_path = '' as $$
  select p_account_id in (select private.member_account_ids((p_party ->> 'role')::public.account_role) where p_party ? 'role')
    or (coalesce(p_party -> 'users', '[]') ? (select auth.uid())::text
      and p_account_id in (select private.member_account_ids('viewer')))
$$;
