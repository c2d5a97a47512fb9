-- Registers the schema's objects as extension supabase_vault: `create extension if not exists supabase_vault` in a
-- migration then finds it, as on the image, and a dump carries the rows with ids and nonces instead of the definitions.
-- There is no control file to create it from, hence the direct insert.
set local allow_system_table_mods = on;

insert into pg_catalog.pg_extension
  (oid, extname, extowner, extnamespace, extrelocatable, extversion, extconfig, extcondition)
select
  pg_nextoid('pg_catalog.pg_extension', 'oid', 'pg_catalog.pg_extension_oid_index'),
  'supabase_vault', 'supabase_admin'::regrole, 'vault'::regnamespace, false, '0.3.1',
  array['vault.secrets'::regclass::oid], array[''];
insert into pg_catalog.pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
select 'pg_extension'::regclass, oid, 0, 'pg_namespace'::regclass, extnamespace, 0, 'n'
from pg_catalog.pg_extension where extname = 'supabase_vault';

alter extension supabase_vault add table vault.secrets;
alter extension supabase_vault add view vault.decrypted_secrets;
alter extension supabase_vault add function vault._hmac(bytea, bytea, text);
alter extension supabase_vault add function vault._aes_encrypt(bytea, bytea, bytea, text);
alter extension supabase_vault add function vault._aes_decrypt(bytea, bytea, bytea, text);
alter extension supabase_vault add function vault._random_bytes(integer);
alter extension supabase_vault add function vault._derive_key(bigint, bytea);
alter extension supabase_vault add function vault._check_arguments(text, bytea, bigint, bytea);
alter extension supabase_vault add function vault._tag(bytea, bytea, bytea, bytea);
alter extension supabase_vault add function vault._xor_short(bytea, bytea);
alter extension supabase_vault add function vault._crypto_aead_det_encrypt(bytea, bytea, bigint, bytea, bytea);
alter extension supabase_vault add function vault._crypto_aead_det_decrypt(bytea, bytea, bigint, bytea, bytea);
alter extension supabase_vault add function vault._crypto_aead_det_noncegen();
alter extension supabase_vault add function vault.create_secret(text, text, text, uuid);
alter extension supabase_vault add function vault.update_secret(uuid, text, text, text, uuid);
