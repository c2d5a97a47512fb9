-- Schema `vault` as supabase_vault 0.3.1 has it after the image's grants, on a server without libsodium.
--
-- Encryption: AES-256 in a synthetic-IV construction (SIV) over HMAC-SHA-256, from the pgcrypto library.
--   K         = HMAC-SHA-256(root key, 'sfp vault 1' || context || key_id)
--   ka || ke  = HMAC-SHA-512(K, 'keys'),  ks = HMAC-SHA-256(K, 'short')
--   tag       = HMAC-SHA-256(ka, length || associated data || length || nonce || message)      32 bytes
--   text      = AES-256-CBC(ke, IV = tag[0..16], message) with ciphertext stealing; below one block: message xor AES(ks, IV)
--   secret    = base64(text || tag)
-- The associated data is the row's id, so a value opens only in its own row. The root key is in a file of mode 0600
-- outside the data directory; `sfp_vault.key` in the data directory is a link to it. Only these functions, which run as
-- the superuser, can read it: pg_read_file is closed to every role that clients can become.
--
-- The C functions are bound here and not taken from schema extensions: that one belongs to role postgres, which could
-- replace them by its own and would then run inside functions of the superuser.
create schema vault;

create function vault._hmac(data bytea, key bytea, type text) returns bytea
  language c immutable strict parallel safe as '$libdir/pgcrypto', 'pg_hmac';
create function vault._aes_encrypt(data bytea, key bytea, iv bytea, type text) returns bytea
  language c immutable strict parallel safe as '$libdir/pgcrypto', 'pg_encrypt_iv';
create function vault._aes_decrypt(data bytea, key bytea, iv bytea, type text) returns bytea
  language c immutable strict parallel safe as '$libdir/pgcrypto', 'pg_decrypt_iv';
create function vault._random_bytes(integer) returns bytea
  language c volatile strict parallel safe as '$libdir/pgcrypto', 'pg_random_bytes';

create function vault._derive_key(key_id bigint, context bytea) returns bytea
language plpgsql stable strict set search_path = '' as $$
declare
  root text;
begin
  root := substr(pg_catalog.pg_read_file('sfp_vault.key'), 1, 65);
  if rtrim(root, E'\n') !~ '^[0-9a-fA-F]{64}$' then
    raise exception using errcode = '22000', message = 'vault: the root key file does not hold 64 hexadecimal digits';
  end if;
  return vault._hmac(convert_to('sfp vault 1', 'UTF8') || context || int8send(key_id), decode(rtrim(root, E'\n'), 'hex'), 'sha256');
exception
  when undefined_file or insufficient_privilege then
    raise exception using errcode = '22000', message = 'pgsodium_derive_helper: pgsodium_derive: no server secret key defined.';
end
$$;

create function vault._tag(message bytea, additional bytea, nonce bytea, ka bytea) returns bytea
language sql immutable as $$
  select vault._hmac(
    int4send(coalesce(length(additional), -1)) || coalesce(additional, '') ||
    int4send(coalesce(length(nonce), -1)) || coalesce(nonce, '') || message,
    ka, 'sha256')
$$;

-- Exclusive or of a text shorter than one block with a whole block.
create function vault._xor_short(value bytea, pad bytea) returns bytea
language sql immutable strict as $$
  select substring(
    int8send(('x' || encode(substring(padded from 1 for 8), 'hex'))::bit(64)::bigint
           # ('x' || encode(substring(pad from 1 for 8), 'hex'))::bit(64)::bigint) ||
    int8send(('x' || encode(substring(padded from 9 for 8), 'hex'))::bit(64)::bigint
           # ('x' || encode(substring(pad from 9 for 8), 'hex'))::bit(64)::bigint)
    from 1 for length(value))
  from (select value || substring('\x00000000000000000000000000000000'::bytea from 1 for 16 - length(value)) as padded) p
$$;

create function vault._check_arguments(operation text, message bytea, key_id bigint, context bytea) returns void
language plpgsql immutable set search_path = '' as $$
declare
  missing text := case
    when message is null then 'message' when key_id is null then 'key id' when context is null then 'key context' end;
begin
  if missing is not null then
    raise exception using errcode = '22000',
      message = format('pgsodium_crypto_aead_det_%s_by_id: %s cannot be NULL', operation, missing);
  end if;
  if length(context) <> 8 then
    raise exception using errcode = '22000',
      message = 'pgsodium_derive_helper: crypto_kdf_derive_from_key: context must be 8 bytes';
  end if;
end
$$;

create function vault._crypto_aead_det_encrypt(
  message bytea, additional bytea, key_id bigint, context bytea default '\x7067736f6469756d', nonce bytea default null
) returns bytea language plpgsql stable set search_path = '' as $$
declare
  k bytea;
  keys bytea;
  size integer := length(message);
  tail integer;
  tag bytea;
  iv bytea;
  body bytea;
begin
  perform vault._check_arguments('encrypt', message, key_id, context);
  if nonce is not null and length(nonce) <> 16 then
    raise exception using errcode = '22000', message = 'pgsodium_crypto_aead_det_encrypt_by_id: invalid nonce';
  end if;
  k := vault._derive_key(key_id, context);
  keys := vault._hmac('keys', k, 'sha512');
  tag := vault._tag(message, additional, nonce, substring(keys from 1 for 32));
  iv := substring(tag from 1 for 16);
  tail := size % 16;
  if size < 16 then
    body := vault._xor_short(message, vault._aes_encrypt(iv, vault._hmac('short', k, 'sha256'), '', 'aes-ecb/pad:none'));
  elsif tail = 0 then
    body := vault._aes_encrypt(message, substring(keys from 33), iv, 'aes-cbc/pad:none');
  else
    -- Stealing: fill up with zeros, swap the last two blocks, and cut what then stands last.
    body := vault._aes_encrypt(
      message || substring('\x00000000000000000000000000000000'::bytea from 1 for 16 - tail),
      substring(keys from 33), iv, 'aes-cbc/pad:none');
    body := substring(body from 1 for size - tail - 16)
         || substring(body from size - tail + 1 for 16)
         || substring(body from size - tail - 15 for tail);
  end if;
  return body || tag;
end
$$;

-- Runs as the superuser because of the key; who may call it is the question, and the answer is the image's.
create function vault._crypto_aead_det_decrypt(
  message bytea, additional bytea, key_id bigint, context bytea default '\x7067736f6469756d', nonce bytea default null
) returns bytea language plpgsql stable security definer set search_path = '' as $$
declare
  k bytea;
  keys bytea;
  size integer := length(message) - 32;
  tail integer;
  tag bytea;
  iv bytea;
  last bytea;
  body bytea;
begin
  perform vault._check_arguments('decrypt', message, key_id, context);
  if size < 0 then
    raise exception using errcode = '22000', message = 'pgsodium_crypto_aead_det_decrypt_by_id: invalid message';
  end if;
  if nonce is not null and length(nonce) <> 16 then
    raise exception using errcode = '22000', message = 'pgsodium_crypto_aead_det_decrypt_by_id: invalid nonce';
  end if;
  k := vault._derive_key(key_id, context);
  keys := vault._hmac('keys', k, 'sha512');
  tag := substring(message from size + 1);
  iv := substring(tag from 1 for 16);
  tail := size % 16;
  if size < 16 then
    body := vault._xor_short(
      substring(message from 1 for size),
      vault._aes_encrypt(iv, vault._hmac('short', k, 'sha256'), '', 'aes-ecb/pad:none'));
  elsif tail = 0 then
    body := vault._aes_decrypt(substring(message from 1 for size), substring(keys from 33), iv, 'aes-cbc/pad:none');
  else
    -- The last whole block gives the stolen bytes back; then everything is in order again.
    last := vault._aes_decrypt(
      substring(message from size - tail - 15 for 16), substring(keys from 33), '', 'aes-ecb/pad:none');
    body := vault._aes_decrypt(
      substring(message from 1 for size - tail - 16)
        || substring(message from size - tail + 1 for tail)
        || substring(last from tail + 1)
        || substring(message from size - tail - 15 for 16),
      substring(keys from 33), iv, 'aes-cbc/pad:none');
    body := substring(body from 1 for size);
  end if;
  if vault._tag(body, additional, nonce, substring(keys from 1 for 32)) <> tag then
    raise exception using errcode = '22000', message = 'pgsodium_crypto_aead_det_decrypt_by_id: invalid ciphertext';
  end if;
  return body;
end
$$;

create function vault._crypto_aead_det_noncegen() returns bytea
language sql volatile as $$ select vault._random_bytes(16) $$;

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default vault._crypto_aead_det_noncegen(),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create unique index secrets_name_idx on vault.secrets using btree (name) where name is not null;

create view vault.decrypted_secrets as
  select
    s.id,
    s.name,
    s.description,
    s.secret,
    convert_from(
      vault._crypto_aead_det_decrypt(
        message := decode(s.secret, 'base64'),
        additional := convert_to(s.id::text, 'utf8'),
        key_id := 0::bigint,
        nonce := s.nonce),
      'utf8') as decrypted_secret,
    s.key_id,
    s.nonce,
    s.created_at,
    s.updated_at
  from vault.secrets s;

-- Unlike the extension's, this one never stores the plain text: neither a dead tuple nor the WAL holds it.
create function vault.create_secret(
  new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid language plpgsql security definer set search_path = '' as $$
declare
  new_id uuid := gen_random_uuid();
  new_nonce bytea := vault._crypto_aead_det_noncegen();
begin
  insert into vault.secrets (id, name, description, secret, nonce)
  values (
    new_id, new_name, new_description,
    case when new_secret is not null then
      encode(vault._crypto_aead_det_encrypt(
        message := convert_to(new_secret, 'utf8'),
        additional := convert_to(new_id::text, 'utf8'),
        key_id := 0::bigint,
        nonce := new_nonce), 'base64')
    end,
    new_nonce);
  return new_id;
end
$$;

-- Unlike the extension's, a new value gets a new nonce, and a row whose old value cannot be opened can be repaired.
create function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null, new_description text default null,
  new_key_id uuid default null
) returns void language plpgsql security definer set search_path = '' as $$
declare
  new_nonce bytea := case when new_secret is null then null else vault._crypto_aead_det_noncegen() end;
begin
  update vault.secrets s
  set
    name = coalesce(new_name, s.name),
    description = coalesce(new_description, s.description),
    nonce = coalesce(new_nonce, s.nonce),
    secret = case when new_secret is null then s.secret else
      encode(vault._crypto_aead_det_encrypt(
        message := convert_to(new_secret, 'utf8'),
        additional := convert_to(s.id::text, 'utf8'),
        key_id := 0::bigint,
        nonce := new_nonce), 'base64')
    end,
    updated_at = now()
  where s.id = secret_id;
end
$$;

revoke all on all functions in schema vault from public;
