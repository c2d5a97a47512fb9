-- What our engine asks the database. Executed by the superuser it connects as; nobody else may call these.

-- Puts a client's identity into the transaction, in both forms that auth.uid() may read.
create or replace function realtime.sfp_assume(p_role text, p_claims jsonb) returns void language plpgsql
as $$
begin
  perform set_config('search_path', 'public, extensions', true);
  perform set_config('request.jwt.claims', p_claims::text, true);
  perform set_config('request.jwt.claim.sub', coalesce(p_claims ->> 'sub', ''), true);
  perform set_config('request.jwt.claim.role', coalesce(p_claims ->> 'role', ''), true);
  perform set_config('request.jwt.claim.email', coalesce(p_claims ->> 'email', ''), true);
  perform set_config('role', p_role, true);
end
$$;

-- May this identity read and write the topic? Probe rows are inserted, looked for and tried under RLS inside a
-- subtransaction that is always rolled back: nothing stays, nothing is replicated.
create or replace function realtime.sfp_probe_topic(p_topic text, p_role text, p_claims jsonb, p_headers text)
returns jsonb language plpgsql
as $$
declare
  ids uuid[] := array[gen_random_uuid(), gen_random_uuid()];
  kinds text[] := array['broadcast', 'presence'];
  kind text;
  readable text[] := '{}';
  writable text[] := '{}';
begin
  begin
    insert into realtime.messages (id, topic, extension, event, private)
    select ids[n], p_topic, kinds[n], 'probe', true from generate_series(1, 2) as n;
    perform set_config('realtime.topic', p_topic, true);
    perform set_config('request.headers', p_headers, true);
    perform realtime.sfp_assume(p_role, p_claims);
    select coalesce(array_agg(m.extension), '{}') into readable from realtime.messages m
    where m.id = any (ids) and m.inserted_at > (clock_timestamp() at time zone 'utc') - interval '1 minute';
    foreach kind in array kinds loop
      begin
        insert into realtime.messages (topic, extension, event, private) values (p_topic, kind, 'probe', true);
        writable := writable || kind;
      exception when others then null;
      end;
    end loop;
    raise exception 'probe' using errcode = 'SFP01';
  exception
    when sqlstate 'SFP01' then null;
    -- An unknown role, a policy that fails: no right.
    when others then return jsonb_build_object('read', '{}'::text[], 'write', '{}'::text[], 'error', sqlerrm);
  end;
  return jsonb_build_object('read', readable, 'write', writable);
end
$$;

revoke all on function realtime.sfp_assume(text, jsonb) from public;
revoke all on function realtime.sfp_probe_topic(text, text, jsonb, text) from public;
