-- breaking: no
-- Invitations into an account, by e-mail address. Only the SHA-256 of an invitation's code is kept.

create table public.invitations (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  email text not null check (email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$' and length(email) <= 320),
  role public.account_role not null,
  hint text not null check (length(hint) <= 20),
  invited_by uuid references auth.users (id) on delete set null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by uuid references auth.users (id) on delete set null,
  revoked_at timestamptz,
  created_at timestamptz not null default now()
);
create index invitations_account_idx on public.invitations (account_id, created_at desc, id desc);
create index invitations_invited_by_idx on public.invitations (invited_by);
create index invitations_accepted_by_idx on public.invitations (accepted_by);
create unique index invitations_open_idx on public.invitations (account_id, email)
  where accepted_at is null and revoked_at is null;

create table private.invitation_hashes (
  invitation_id uuid primary key references public.invitations (id) on delete cascade,
  hash text not null unique check (hash ~ '^[0-9a-f]{64}$')
);
alter table private.invitation_hashes enable row level security;
alter table public.invitations enable row level security;
grant select on public.invitations to authenticated;
create policy invitations_read on public.invitations for select to authenticated
  using (account_id in (select private.member_account_ids('admin')));
create trigger audit after insert or update or delete on public.invitations
  for each row execute function private.audit('invitation', 'email', 'role', 'expires_at', 'accepted_at', 'accepted_by', 'revoked_at');

-- Passes for a person who may invite into this account with this role: admins, and for owners only owners.
create function private.require_inviter(p_account_id uuid, p_role public.account_role)
returns void language plpgsql stable security definer set search_path = '' as $$
begin
  if (select auth.jwt()) ->> 'app_token_id' is not null then
    perform private.fail(403, 'person_required', 'People are invited by people, not by an application token.', 'Sign in as a user: sfp login');
  end if;
  perform private.require_role(p_account_id, 'admin', 'account');
  if p_role = 'owner' then perform private.require_role(p_account_id, 'owner', 'account'); end if;
end $$;

create function private.check_expiry(p_expires_at timestamptz) returns void language plpgsql stable set search_path = '' as $$
begin
  if p_expires_at is null or p_expires_at <= now() or p_expires_at > now() + interval '31 days' then
    perform private.fail(422, 'invitation_expiry', 'An invitation ends within 30 days, and not in the past.', 'Leave the expiry out for 7 days.');
  end if;
end $$;

create function public.create_invitation(p_account_id uuid, p_email text, p_role public.account_role, p_hint text,
  p_hash text, p_expires_at timestamptz)
returns public.invitations language plpgsql security definer set search_path = '' as $$
declare v_invitation public.invitations; v_email text := lower(trim(p_email));
begin
  perform private.require_inviter(p_account_id, p_role);
  perform private.check_expiry(p_expires_at);
  if exists (select 1 from public.accounts_memberships m join auth.users u on u.id = m.user_id
      where m.account_id = p_account_id and lower(u.email) = v_email) then
    perform private.fail(409, 'already_member', format('%s is a member of the account already.', v_email),
      'Change the role instead: sfp member update <email> --role <role>');
  end if;
  -- One that has expired only stands in the way.
  update public.invitations set revoked_at = now()
  where account_id = p_account_id and email = v_email and accepted_at is null and revoked_at is null and expires_at <= now();
  begin
    insert into public.invitations (account_id, email, role, hint, invited_by, expires_at)
    values (p_account_id, v_email, p_role, p_hint, (select auth.uid()), p_expires_at) returning * into v_invitation;
  exception when unique_violation then
    perform private.fail(409, 'already_invited', format('%s has an open invitation already.', v_email),
      'Make a new code for it: sfp invitation resend <id>, or revoke it: sfp invitation revoke <id>. Ids: sfp invitation list');
  end;
  insert into private.invitation_hashes (invitation_id, hash) values (v_invitation.id, p_hash);
  return v_invitation;
end $$;
grant execute on function public.create_invitation(uuid, text, public.account_role, text, text, timestamptz) to authenticated;

-- The invitation, locked, when the caller may see it; an accepted or revoked one is not changed any more.
create function private.lock_open_invitation(p_id uuid)
returns public.invitations language plpgsql security definer set search_path = '' as $$
declare v_invitation public.invitations;
begin
  select * into v_invitation from public.invitations where id = p_id for update;
  if v_invitation.id is null or v_invitation.account_id not in (select private.member_account_ids('admin')) then
    perform private.fail(404, 'not_found', 'There is no such invitation, or it is not yours to see.');
  end if;
  perform private.require_inviter(v_invitation.account_id, v_invitation.role);
  if v_invitation.accepted_at is not null then
    perform private.fail(409, 'invitation_accepted', format('%s has accepted the invitation.', v_invitation.email),
      'See the members: sfp member list');
  end if;
  return v_invitation;
end $$;

-- A new code in the place of the old one, also after it expired. Whoever resends it answers for it from now on.
create function public.resend_invitation(p_id uuid, p_hint text, p_hash text, p_expires_at timestamptz)
returns public.invitations language plpgsql security definer set search_path = '' as $$
declare v_invitation public.invitations;
begin
  v_invitation := private.lock_open_invitation(p_id);
  perform private.check_expiry(p_expires_at);
  if v_invitation.revoked_at is not null then
    perform private.fail(409, 'invitation_revoked', 'The invitation was revoked.', 'Invite again: sfp invitation create <email>');
  end if;
  update private.invitation_hashes set hash = p_hash where invitation_id = p_id;
  update public.invitations set hint = p_hint, expires_at = p_expires_at, invited_by = (select auth.uid())
  where id = p_id returning * into v_invitation;
  return v_invitation;
end $$;
grant execute on function public.resend_invitation(uuid, text, text, timestamptz) to authenticated;

create function public.revoke_invitation(p_id uuid)
returns public.invitations language plpgsql security definer set search_path = '' as $$
declare v_invitation public.invitations;
begin
  perform private.lock_open_invitation(p_id);
  update public.invitations set revoked_at = coalesce(revoked_at, now()) where id = p_id returning * into v_invitation;
  return v_invitation;
end $$;
grant execute on function public.revoke_invitation(uuid) to authenticated;

-- Who loses the right to invite could otherwise come back through an invitation to another address of theirs.
create function private.revoke_invitations() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and new.role >= old.role then return null; end if;
  update public.invitations set revoked_at = now()
  where account_id = old.account_id and invited_by = old.user_id and accepted_at is null and revoked_at is null
    and (tg_op = 'DELETE' or new.role < 'admin' or role > new.role);
  return null;
end $$;
create trigger revoke_invitations after update of role or delete on public.accounts_memberships
  for each row execute function private.revoke_invitations();

-- What the holder of a code is told before accepting. The API server asks it.
create function public.find_invitation(p_hash text)
returns jsonb language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('email', i.email, 'role', i.role, 'expiresAt', i.expires_at,
    'account', jsonb_build_object('id', a.id, 'slug', a.slug, 'name', a.name, 'created_at', a.created_at),
    'state', case when i.accepted_at is not null then 'accepted' when i.revoked_at is not null then 'revoked'
      when i.expires_at <= now() then 'expired' else 'open' end,
    'registered', exists (select 1 from auth.users u where lower(u.email) = i.email and u.deleted_at is null))
  from private.invitation_hashes h join public.invitations i on i.id = h.invitation_id
  join public.accounts a on a.id = i.account_id where h.hash = p_hash
$$;
grant execute on function public.find_invitation(text) to service_role;

-- The signed-in user with the invited address becomes a member. Asked again by the same user it answers the same.
create function public.accept_invitation(p_hash text)
returns public.accounts_memberships language plpgsql security definer set search_path = '' as $$
declare
  v_invitation public.invitations; v_membership public.accounts_memberships;
  v_user uuid := (select auth.uid()); v_email text;
begin
  if v_user is null or (select auth.jwt()) ->> 'app_token_id' is not null then
    perform private.fail(403, 'person_required', 'An invitation is accepted by the person it is for.', 'Sign in as a user: sfp login');
  end if;
  -- The account before the invitation: the order in which the end of a membership locks them.
  perform 1 from public.accounts where id = (select i.account_id from private.invitation_hashes h
    join public.invitations i on i.id = h.invitation_id where h.hash = p_hash) for key share;
  select i.* into v_invitation from private.invitation_hashes h join public.invitations i on i.id = h.invitation_id
  where h.hash = p_hash for update of i;
  if v_invitation.id is null then
    perform private.fail(404, 'invitation_unknown', 'There is no invitation with this code; a newer one may have taken its place.',
      'Ask whoever invited you for a new one.');
  end if;
  select lower(u.email) into v_email from auth.users u where u.id = v_user and u.deleted_at is null;
  if v_email is distinct from v_invitation.email then
    perform private.fail(403, 'invitation_for_another',
      format('The invitation is for %s; you are signed in as %s.', v_invitation.email, coalesce(v_email, 'nobody')),
      format('Sign in as the invited user: sfp login --email %s', v_invitation.email));
  end if;
  select * into v_membership from public.accounts_memberships where account_id = v_invitation.account_id and user_id = v_user;
  if v_invitation.accepted_at is not null then
    if v_invitation.accepted_by = v_user and v_membership.user_id is not null then return v_membership; end if;
    perform private.fail(409, 'invitation_accepted', 'The invitation was accepted already.', 'Ask whoever invited you for a new one.');
  elsif v_invitation.revoked_at is not null then
    perform private.fail(409, 'invitation_revoked', 'The invitation was revoked.', 'Ask whoever invited you for a new one.');
  elsif v_invitation.expires_at <= now() then
    perform private.fail(409, 'invitation_expired', 'The invitation has expired.', 'Ask whoever invited you for a new one.');
  end if;
  update public.invitations set accepted_at = now(), accepted_by = v_user where id = v_invitation.id;
  -- A member who was invited meanwhile in another way keeps the higher role.
  insert into public.accounts_memberships (account_id, user_id, role)
  values (v_invitation.account_id, v_user, v_invitation.role)
  on conflict (account_id, user_id) do update set role = excluded.role
    where public.accounts_memberships.role < excluded.role;
  select * into v_membership from public.accounts_memberships where account_id = v_invitation.account_id and user_id = v_user;
  return v_membership;
end $$;
grant execute on function public.accept_invitation(text) to authenticated;
