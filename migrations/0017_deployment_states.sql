-- breaking: no
-- New states: a task that waits for an approval, a deployment that was refused one, tasks that only build. What uses
-- them comes in the migrations behind this one: a transaction cannot use an enum's value that it has added.

alter type public.task_status add value 'waiting' before 'queued';
alter type public.task_type add value 'build' before 'noop';
alter type public.deployment_status add value 'awaiting_approval' before 'queued';
alter type public.deployment_status add value 'rejected';
alter type public.deployment_status add value 'expired';
