-- The backslash in "\$user" is the image's own: it is not the user's schema there either. Its session_preload_libraries
-- for authenticator are left out: both libraries are missing here, and a role that preloads a missing library cannot log in.
alter role postgres set search_path to '\$user', public, extensions;
alter role supabase_admin set search_path to '\$user', public, auth, extensions;
alter role supabase_admin set log_statement to 'none';
alter role anon set statement_timeout to '3s';
alter role authenticated set statement_timeout to '8s';
alter role authenticator set statement_timeout to '8s';
alter role authenticator set lock_timeout to '8s';
alter role supabase_auth_admin set search_path to auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout to '60000';
alter role supabase_auth_admin set log_statement to 'none';
alter role supabase_storage_admin set search_path to storage;
alter role supabase_storage_admin set log_statement to 'none';
alter role supabase_functions_admin set search_path to supabase_functions;
alter role supabase_realtime_admin set search_path to public, extensions, realtime;
alter role supabase_read_only_user set default_transaction_read_only to 'on';
