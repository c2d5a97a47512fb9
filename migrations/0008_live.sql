-- breaking: no
-- Live: every appended batch is broadcast on the task's private topics; who may join them.

create function private.broadcast_task_events() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_batch record; v_payload jsonb; v_topic text;
begin
  for v_batch in
    select t.id, t.account_id, t.project_id, t.environment_id, t.status, t.progress,
      min(e.seq) as from_seq, max(e.seq) as to_seq, jsonb_agg(to_jsonb(e) - 'account_id' order by e.seq) as events
    from fresh e join public.tasks t on t.id = e.task_id
    group by t.id
  loop
    v_payload := jsonb_build_object('taskId', v_batch.id, 'fromSeq', v_batch.from_seq, 'toSeq', v_batch.to_seq,
      'status', v_batch.status, 'progress', v_batch.progress,
      -- Too large for a frame: the watcher fetches the range over REST.
      'events', case when octet_length(v_batch.events::text) <= 200000 then v_batch.events end);
    foreach v_topic in array array_remove(array[
      'task:' || v_batch.id, 'environment:' || v_batch.environment_id,
      'project:' || v_batch.project_id, 'account:' || v_batch.account_id], null)
    loop
      perform realtime.send(v_payload, 'task_events', v_topic, true);
    end loop;
  end loop;
  return null;
end $$;
create trigger broadcast_task_events after insert on public.task_events
  referencing new table as fresh for each statement execute function private.broadcast_task_events();

-- The account whose members may join a topic; null for every topic that is none of ours.
create function private.topic_account_id(p_topic text)
returns uuid language plpgsql stable security definer set search_path = '' as $$
declare v_kind text := split_part(p_topic, ':', 1); v_id uuid;
begin
  if p_topic !~ '^(task|environment|project|account):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then return null; end if;
  v_id := split_part(p_topic, ':', 2)::uuid;
  return case v_kind
    when 'task' then (select account_id from public.tasks where id = v_id)
    when 'environment' then (select account_id from public.environments where id = v_id)
    when 'project' then (select account_id from public.projects where id = v_id)
    else (select id from public.accounts where id = v_id)
  end;
end $$;
create function private.may_join_topic(p_topic text)
returns boolean language sql stable security definer set search_path = '' as $$
  select private.topic_account_id(p_topic) in (select private.member_account_ids('viewer'))
$$;
grant execute on function private.may_join_topic(text) to authenticated;

-- Members listen; on a task they also see and show who is watching. Nobody but the database broadcasts.
create policy sfp_topics_read on realtime.messages for select to authenticated
  using ((extension = 'broadcast' or (extension = 'presence' and (select realtime.topic()) like 'task:%'))
    and (select private.may_join_topic((select realtime.topic()))));
create policy sfp_task_presence on realtime.messages for insert to authenticated
  with check (extension = 'presence' and (select realtime.topic()) like 'task:%'
    and (select private.may_join_topic((select realtime.topic()))));
