-- Schema `net` as pg_net 0.20 has it: the queue, the responses and the functions that fill the one and read the other.
-- The sender is not a background worker of the server but our own process (worker.ts), which listens on sfp_net.
create schema net;

create domain net.http_method as text
  check (value ilike 'get' or value ilike 'post' or value ilike 'delete');
create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');
create type net.http_response as (status_code integer, headers jsonb, body text);
create type net.http_response_result as (status net.request_status, message text, response net.http_response);

create unlogged table net.http_request_queue (
  id bigserial,
  method net.http_method not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds integer not null
);
create unlogged table net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out boolean,
  error_msg text,
  created timestamptz not null default now()
);
-- pg_net reads its queue without one, which is what makes a long queue slow there.
create index http_request_queue_id_idx on net.http_request_queue (id);
create index _http_response_created_idx on net._http_response (created);

-- A notification is sent at commit, once a transaction, and only if the rows stay: exactly when there is work.
create function net._notify_worker() returns trigger language plpgsql set search_path = '' as $$
begin
  perform pg_catalog.pg_notify('sfp_net', '');
  return null;
end
$$;
create trigger wake_worker after insert on net.http_request_queue
  for each statement execute function net._notify_worker();

create function net.wake() returns void language sql volatile as $$
  select pg_catalog.pg_notify('sfp_net', '')
$$;

-- The worker reconnects by itself; asking it to start over amounts to asking it to look again.
create function net.worker_restart() returns boolean language sql volatile as $$
  select pg_catalog.pg_notify('sfp_net', '') is not null
$$;

create function net.check_worker_is_up() returns void language plpgsql as $$
begin
  if not exists (select from pg_catalog.pg_stat_activity where application_name = 'pg_net 0.20.4') then
    raise exception using
      message = 'the pg_net background worker is not up',
      detail = 'the pg_net background worker is down due to an internal error and cannot process requests',
      hint = 'make sure that you didn''t modify any of pg_net internal tables';
  end if;
end
$$;

create function net.wait_until_running() returns void language plpgsql as $$
begin
  while not exists (select from pg_catalog.pg_stat_activity where application_name = 'pg_net 0.20.4') loop
    perform pg_catalog.pg_sleep(0.05);
    perform pg_catalog.pg_stat_clear_snapshot();
  end loop;
end
$$;

create function net._urlencode_string(string character varying) returns text language sql immutable strict as $$
  select case
    when string ~ '^[A-Za-z0-9._~-]*$' then string::text
    else (
      select pg_catalog.string_agg(
        case
          when byte between 48 and 57 or byte between 65 and 90 or byte between 97 and 122 or byte in (45, 46, 95, 126)
            then pg_catalog.chr(byte)
          else '%' || pg_catalog.upper(pg_catalog.lpad(pg_catalog.to_hex(byte), 2, '0'))
        end, '' order by position)
      from (
        select i as position, pg_catalog.get_byte(pg_catalog.convert_to(string::text, 'UTF8'), i) as byte
        from pg_catalog.generate_series(0, pg_catalog.octet_length(string::text) - 1) as i
      ) bytes
    )
  end
$$;

-- "." and ".." in a path, as RFC 3986 section 5.2.4 removes them.
create function net._remove_dot_segments(path text) returns text language plpgsql immutable as $$
declare
  segments text[] := pg_catalog.string_to_array(pg_catalog.substr(path, 2), '/');
  kept text[] := '{}';
  segment text;
begin
  if path !~ '/\.\.?(/|$)' then
    return path;
  end if;
  foreach segment in array segments loop
    if segment = '..' then
      kept := kept[1:pg_catalog.cardinality(kept) - 1];
    elsif segment <> '.' then
      kept := kept || segment;
    end if;
  end loop;
  return '/' || pg_catalog.array_to_string(kept, '/')
    || case when path ~ '/\.\.?$' and pg_catalog.cardinality(kept) > 0 then '/' else '' end;
end
$$;

-- Checks a URL as libcurl does, with its words, and appends parameters that are already encoded.
create function net._encode_url_with_params_array(url text, params_array text[]) returns text
language plpgsql immutable as $$
declare
  scheme text := pg_catalog.lower(substring(url from '^([A-Za-z][A-Za-z0-9+.-]*):'));
  rest text;
  authority text;
  port text;
  path text;
  query text;
  fragment text;
  problem text;
begin
  if url is null then
    return null;
  end if;
  -- What nearly every call is: nothing to append, nothing to normalise.
  if params_array = '{}' and url ~ '^https?://[A-Za-z0-9.-]+(:[0-9]{1,4})?/[!-~]*$' and url !~ '/\.' then
    return url;
  end if;
  rest := pg_catalog.substr(url, pg_catalog.length(scheme) + 2);
  if url = '' or url ~ '[\x01-\x20\x7f]' then
    problem := 'Malformed input to a URL function';
  elsif scheme is null then
    problem := 'Bad scheme';
  elsif scheme not in (
    'http', 'https', 'ftp', 'ftps', 'file', 'gopher', 'gophers', 'ws', 'wss', 'dict', 'imap', 'imaps', 'ldap', 'ldaps',
    'mqtt', 'pop3', 'pop3s', 'rtmp', 'rtsp', 'scp', 'sftp', 'smb', 'smbs', 'smtp', 'smtps', 'telnet', 'tftp') then
    problem := 'Unsupported URL scheme';
  elsif scheme = 'file' then
    return url;
  elsif rest !~ '^/{1,3}' then
    problem := 'Bad scheme';
  else
    rest := pg_catalog.regexp_replace(rest, '^/{1,3}', '');
    authority := substring(rest from '^[^/?#]*');
    rest := pg_catalog.substr(rest, pg_catalog.length(authority) + 1);
    port := substring(authority from ':([^:\]@]*)$');
    if pg_catalog.regexp_replace(authority, '^.*@|:[^:\]@]*$', '', 'g') = '' then
      problem := 'No host part in the URL';
    elsif port <> '' and (port !~ '^[0-9]{1,5}$' or port::integer > 65535) then
      problem := 'Port number was not a decimal number between 0 and 65535';
    end if;
  end if;
  if problem is not null then
    raise exception using errcode = 'XX000', message = pg_catalog.format('invalid URL "%s": %s', url, problem);
  end if;
  fragment := coalesce(substring(rest from '#.*$'), '');
  rest := pg_catalog.substr(rest, 1, pg_catalog.length(rest) - pg_catalog.length(fragment));
  query := substring(rest from '\?(.*)$');
  path := net._remove_dot_segments(coalesce(nullif(substring(rest from '^[^?]*'), ''), '/'));
  if pg_catalog.cardinality(params_array) > 0 then
    query := case when coalesce(query, '') = '' then '' else query || '&' end || (
      select pg_catalog.string_agg(net._lower_escapes(param), '&' order by position)
      from pg_catalog.unnest(params_array) with ordinality as params (param, position));
  end if;
  return scheme || '://' || authority || path || coalesce('?' || query, '') || fragment;
end
$$;

-- libcurl writes the escapes of an appended parameter in lower case.
create function net._lower_escapes(param text) returns text language sql immutable strict as $$
  select case
    when param !~ '%[0-9A-F]*[A-F]' then param
    else (
      select pg_catalog.string_agg(
        case when position = 1 then part
          else '%' || pg_catalog.lower(pg_catalog.substr(part, 1, 2)) || pg_catalog.substr(part, 3) end,
        '' order by position)
      from pg_catalog.unnest(pg_catalog.string_to_array(param, '%')) with ordinality as parts (part, position))
  end
$$;

create function net._encode_params(params jsonb) returns text[] language plpgsql immutable as $$
begin
  if params is null or params = '{}' then
    return '{}';
  end if;
  return (
    select coalesce(
      pg_catalog.array_agg(net._urlencode_string(key) || '=' || net._urlencode_string(value) order by position)
        filter (where value is not null),
      '{}')
    from pg_catalog.jsonb_each_text(params) with ordinality as p (key, value, position));
end
$$;

create function net.http_get(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds integer default 5000
) returns bigint language plpgsql as $$
declare
  request_id bigint;
begin
  insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
  values (
    'GET',
    net._encode_url_with_params_array(http_get.url, net._encode_params(http_get.params)),
    http_get.headers,
    http_get.timeout_milliseconds)
  returning id into request_id;
  return request_id;
end
$$;

create function net.http_post(
  url text,
  body jsonb default '{}'::jsonb,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{"Content-Type": "application/json"}'::jsonb,
  timeout_milliseconds integer default 5000
) returns bigint language plpgsql as $$
declare
  request_id bigint;
  content_type text;
begin
  select h.value into content_type
  from pg_catalog.jsonb_each_text(http_post.headers) as h (key, value)
  where pg_catalog.lower(h.key) = 'content-type'
  limit 1;
  if not found then
    headers := http_post.headers || '{"Content-Type": "application/json"}'::jsonb;
  elsif content_type is distinct from 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  end if;
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (
    'POST',
    net._encode_url_with_params_array(http_post.url, net._encode_params(http_post.params)),
    http_post.headers,
    pg_catalog.convert_to(http_post.body::text, 'UTF8'),
    http_post.timeout_milliseconds)
  returning id into request_id;
  return request_id;
end
$$;

create function net.http_delete(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds integer default 5000,
  body jsonb default null::jsonb
) returns bigint language plpgsql as $$
declare
  request_id bigint;
begin
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (
    'DELETE',
    net._encode_url_with_params_array(http_delete.url, net._encode_params(http_delete.params)),
    http_delete.headers,
    pg_catalog.convert_to(http_delete.body::text, 'UTF8'),
    http_delete.timeout_milliseconds)
  returning id into request_id;
  return request_id;
end
$$;

create function net._await_response(request_id bigint) returns boolean language plpgsql as $$
begin
  while not exists (select from net._http_response r where r.id = _await_response.request_id) loop
    perform pg_catalog.pg_sleep(0.05);
  end loop;
  return true;
end
$$;

create function net._http_collect_response(request_id bigint, async boolean default true)
returns net.http_response_result language plpgsql as $$
declare
  found_response net._http_response;
begin
  if not async then
    perform net._await_response(_http_collect_response.request_id);
  end if;
  select * into found_response from net._http_response r where r.id = _http_collect_response.request_id limit 1;
  if not found then
    return ('ERROR', 'request matching request_id not found', null)::net.http_response_result;
  end if;
  if found_response.error_msg is not null then
    return ('ERROR', found_response.error_msg, null)::net.http_response_result;
  end if;
  return (
    'SUCCESS', 'ok',
    (found_response.status_code, found_response.headers, found_response.content)::net.http_response
  )::net.http_response_result;
end
$$;

create function net.http_collect_response(request_id bigint, async boolean default true)
returns net.http_response_result language plpgsql as $$
begin
  raise notice 'The net.http_collect_response function is deprecated.';
  return net._http_collect_response(http_collect_response.request_id, http_collect_response.async);
end
$$;
