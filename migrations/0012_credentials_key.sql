-- breaking: no
-- The key that integration credentials will be encrypted with: made once, lives in Vault only, never returned.

create function public.ensure_credentials_key()
returns boolean language plpgsql security definer set search_path = '' as $$
begin
  if exists (select 1 from vault.secrets where name = 'sfp_credentials_key') then return false; end if;
  perform vault.create_secret(encode(extensions.gen_random_bytes(32), 'hex'), 'sfp_credentials_key',
    'Encrypts integration credentials (pgp_sym_encrypt)');
  return true;
exception when unique_violation then
  return false; -- another init was faster
end $$;
grant execute on function public.ensure_credentials_key() to service_role;
