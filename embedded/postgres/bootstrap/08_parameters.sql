-- On the image supautils lets holders of supabase_privileged_role (postgres, supabase_etl_admin) change these settings. A plain
-- server has no wildcards, so the names are written out.
grant set on parameter
  deadlock_timeout, log_lock_waits, log_min_duration_statement, log_min_messages, log_parameter_max_length,
  log_replication_commands, log_statement, log_temp_files, session_replication_role, track_functions, track_io_timing,
  wal_compression,
  pg_stat_statements.track, pg_stat_statements.track_utility, pg_stat_statements.track_planning,
  pgrst.db_schemas, pgrst.db_extra_search_path, pgrst.db_max_rows, pgrst.db_anon_role, pgrst.db_pre_request,
  pgrst.db_root_spec, pgrst.db_plan_enabled, pgrst.db_tx_end, pgrst.db_aggregates_enabled, pgrst.jwt_secret, pgrst.jwt_aud,
  pgrst.jwt_role_claim_key, pgrst.jwt_secret_is_base64, pgrst.openapi_mode, pgrst.openapi_security_active,
  pgrst.openapi_server_proxy_uri, pgrst.server_cors_allowed_origins, pgrst.server_timing_enabled,
  pgrst.server_trace_header, pgrst.db_hoisted_tx_settings, pgrst.app_settings
  to supabase_privileged_role;
