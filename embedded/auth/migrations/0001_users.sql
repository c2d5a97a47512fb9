-- Users, refresh tokens, audit log: from nothing, from the database image's skeleton or from a finished schema to GoTrue's tables.
create table if not exists auth.schema_migrations (version varchar(255) primary key);
create table if not exists auth.instances (
  id uuid primary key,
  uuid uuid,
  raw_base_config text,
  created_at timestamptz,
  updated_at timestamptz
);
create table if not exists auth.audit_log_entries (
  instance_id uuid,
  id uuid primary key,
  payload json,
  created_at timestamptz
);
alter table auth.audit_log_entries add column if not exists ip_address varchar(64) not null default '';
create index if not exists audit_logs_instance_id_idx on auth.audit_log_entries (instance_id);

create table if not exists auth.users (
  instance_id uuid,
  id uuid primary key,
  aud varchar(255),
  role varchar(255),
  email varchar(255),
  encrypted_password varchar(255),
  email_confirmed_at timestamptz,
  invited_at timestamptz,
  confirmation_token varchar(255),
  confirmation_sent_at timestamptz,
  recovery_token varchar(255),
  recovery_sent_at timestamptz,
  email_change_token_new varchar(255),
  email_change varchar(255),
  email_change_sent_at timestamptz,
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  is_super_admin boolean,
  created_at timestamptz,
  updated_at timestamptz
);

-- The skeleton's names of old: confirmed_at was a plain column, email_change_token had no second half.
do $$
declare
  has_column boolean;
begin
  select true into has_column from pg_attribute
   where attrelid = 'auth.users'::regclass and attname = 'email_confirmed_at' and not attisdropped;
  if has_column is null then
    alter table auth.users rename column confirmed_at to email_confirmed_at;
  end if;
  has_column := null;
  select true into has_column from pg_attribute
   where attrelid = 'auth.users'::regclass and attname = 'email_change_token_new' and not attisdropped;
  if has_column is null then
    alter table auth.users rename column email_change_token to email_change_token_new;
  end if;
end
$$;

alter table auth.users
  add column if not exists phone text default null,
  add column if not exists phone_confirmed_at timestamptz,
  add column if not exists phone_change text default '',
  add column if not exists phone_change_token varchar(255) default '',
  add column if not exists phone_change_sent_at timestamptz;
alter table auth.users
  add column if not exists confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
  add column if not exists email_change_token_current varchar(255) default '',
  add column if not exists email_change_confirm_status smallint default 0,
  add column if not exists banned_until timestamptz,
  add column if not exists reauthentication_token varchar(255) default '',
  add column if not exists reauthentication_sent_at timestamptz,
  add column if not exists is_sso_user boolean not null default false,
  add column if not exists deleted_at timestamptz,
  add column if not exists is_anonymous boolean not null default false;
comment on column auth.users.is_sso_user is 'Users of single sign-on may share an address with others; all others may not.';

do $$
begin
  if not exists (select from pg_constraint where conrelid = 'auth.users'::regclass and conname = 'users_email_change_confirm_status_check') then
    alter table auth.users add constraint users_email_change_confirm_status_check
      check (email_change_confirm_status >= 0 and email_change_confirm_status <= 2);
  end if;
  if not exists (select from pg_constraint where conrelid = 'auth.users'::regclass and conname = 'users_phone_key') then
    alter table auth.users add constraint users_phone_key unique (phone);
  end if;
end
$$;

-- One address, one account: but not across single sign-on, hence a partial index and no constraint.
alter table auth.users drop constraint if exists users_email_key;
create unique index if not exists users_email_partial_key on auth.users (email) where is_sso_user = false;
create unique index if not exists confirmation_token_idx on auth.users (confirmation_token) where confirmation_token !~ '^[0-9 ]*$';
create unique index if not exists recovery_token_idx on auth.users (recovery_token) where recovery_token !~ '^[0-9 ]*$';
create unique index if not exists email_change_token_current_idx on auth.users (email_change_token_current) where email_change_token_current !~ '^[0-9 ]*$';
create unique index if not exists email_change_token_new_idx on auth.users (email_change_token_new) where email_change_token_new !~ '^[0-9 ]*$';
create unique index if not exists reauthentication_token_idx on auth.users (reauthentication_token) where reauthentication_token !~ '^[0-9 ]*$';
drop index if exists auth.users_instance_id_email_idx;
create index users_instance_id_email_idx on auth.users (instance_id, lower(email));
create index if not exists users_instance_id_idx on auth.users (instance_id);
create index if not exists users_is_anonymous_idx on auth.users (is_anonymous);

create table if not exists auth.refresh_tokens (
  instance_id uuid,
  id bigserial primary key,
  token varchar(255),
  user_id varchar(255),
  revoked boolean,
  created_at timestamptz,
  updated_at timestamptz
);
alter table auth.refresh_tokens add column if not exists parent varchar(255);
do $$
begin
  if not exists (select from pg_constraint where conrelid = 'auth.refresh_tokens'::regclass and conname = 'refresh_tokens_token_unique') then
    alter table auth.refresh_tokens add constraint refresh_tokens_token_unique unique (token);
  end if;
end
$$;
-- The unique constraint has its own index.
drop index if exists auth.refresh_tokens_token_idx;
create index if not exists refresh_tokens_instance_id_idx on auth.refresh_tokens (instance_id);
create index if not exists refresh_tokens_instance_id_user_id_idx on auth.refresh_tokens (instance_id, user_id);
create index if not exists refresh_tokens_parent_idx on auth.refresh_tokens (parent);
create index if not exists refresh_tokens_updated_at_idx on auth.refresh_tokens (updated_at desc);
