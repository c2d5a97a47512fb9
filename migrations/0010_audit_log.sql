-- breaking: no
-- Who did what to what, from where. Written by triggers, changed by nobody.

create table public.audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  -- No foreign keys: the log outlives what it is about.
  account_id uuid,
  actor_user_id uuid,
  actor_role text not null,
  application_token_id uuid,
  action text not null,
  subject_type text not null,
  subject_id uuid,
  detail jsonb not null default '{}',
  source jsonb not null default '{}'
);
create index audit_log_account_idx on public.audit_log (account_id, id desc);
create index audit_log_subject_idx on public.audit_log (subject_type, subject_id, id desc);
alter table public.audit_log enable row level security;
revoke all on public.audit_log from service_role;
grant select on public.audit_log to authenticated, service_role;
create policy audit_log_read on public.audit_log for select to authenticated
  using (account_id in (select private.member_account_ids('admin')));

create function private.audit_is_append_only() returns trigger language plpgsql set search_path = '' as $$
begin
  perform private.fail(403, 'audit_log_append_only', 'The audit log is only ever appended to.');
  return null;
end $$;
create trigger append_only before update or delete or truncate on public.audit_log
  for each statement execute function private.audit_is_append_only();

-- tg_argv: the subject's name, then the columns whose new values are worth keeping. Never a secret, never a body.
create function private.audit() returns trigger language plpgsql security definer set search_path = '' as $$
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
  insert into public.audit_log (account_id, actor_user_id, actor_role, application_token_id, action, subject_type, subject_id, detail, source)
  values (
    case when tg_argv[0] = 'account' then (v_row ->> 'id')::uuid else (v_row ->> 'account_id')::uuid end,
    (v_claims ->> 'sub')::uuid, coalesce(v_claims ->> 'role', session_user), (v_claims ->> 'app_token_id')::uuid,
    lower(tg_op), tg_argv[0], coalesce(v_row ->> 'id', v_row ->> 'user_id')::uuid, v_detail,
    jsonb_strip_nulls(jsonb_build_object('address', v_headers ->> 'x-forwarded-for', 'userAgent', left(v_headers ->> 'user-agent', 200),
      'requestId', v_headers ->> 'x-request-id')));
  return null;
end $$;

create trigger audit after insert or update or delete on public.accounts
  for each row execute function private.audit('account', 'slug', 'name');
create trigger audit after insert or update or delete on public.accounts_memberships
  for each row execute function private.audit('membership', 'role');
create trigger audit after insert or update or delete on public.projects
  for each row execute function private.audit('project', 'slug', 'name', 'repository_url', 'default_ref', 'config_path');
create trigger audit after insert or update or delete on public.environments
  for each row execute function private.audit('environment', 'slug', 'name', 'category', 'version');
create trigger audit after insert or delete on public.deployments
  for each row execute function private.audit('deployment', 'ref', 'environment_id', 'pool');
create trigger audit_retry after update of task_id on public.deployments
  for each row execute function private.audit('deployment', 'task_id');
create trigger audit after update of cancel_requested_at on public.tasks
  for each row execute function private.audit('task', 'cancel_requested_at');
create trigger audit after insert or update of revoked_at or delete on public.application_tokens
  for each row execute function private.audit('application_token', 'name', 'expires_at', 'revoked_at');
