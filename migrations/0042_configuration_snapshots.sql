-- breaking: no
-- What a deployment was configured with, as its attempt found it: a document in `configuration-snapshots` under the
-- deployment's id, a version an attempt. Names of credentials, never a secret.

create function private.snapshot_configuration() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform private.put_document(new.account_id, 'configuration-snapshots', d.id::text, jsonb_build_object(
    'deploymentId', d.id, 'taskId', new.id, 'attempt', new.attempt, 'origin', d.origin, 'buildId', d.build_id, 'releaseId', d.release_id,
    'project', jsonb_build_object('id', p.id, 'slug', p.slug, 'repositoryUrl', p.repository_url, 'configPath', p.config_path,
      'version', p.version),
    'environment', jsonb_build_object('id', e.id, 'slug', e.slug, 'category', e.category, 'variables', e.variables,
      'credentials', e.credentials, 'protection', e.protection, 'version', e.version)))
  from public.deployments d join public.projects p on p.id = d.project_id join public.environments e on e.id = d.environment_id
  where d.id = new.deployment_id;
  return null;
-- Longer than the collection takes: a deployment does not fail by it.
exception when sqlstate 'PT413' then
  raise warning 'The configuration of task % is too long for a document.', new.id;
  return null;
end $$;
create trigger snapshot_configuration after update of attempt on public.tasks
  for each row when (new.attempt <> old.attempt and new.deployment_id is not null)
  execute function private.snapshot_configuration();
