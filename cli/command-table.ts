import type { CommandEntry } from './command.ts';

/** What the groups (first words with verbs below them) are about. */
export const groupSummaries: Record<string, string> = {
  server: 'Make and run a stack on this machine',
  context: 'Choose which server to talk to',
  project: 'Projects: repositories that are deployed',
  environment: 'Environments that projects are deployed to',
  task: 'Tasks: follow, cancel, retry',
  token: 'Application tokens for scripts and CI',
};

/** Every command of `sfp`, in the order of help. Only the one that is called is loaded. */
export const commandTable: readonly CommandEntry[] = [
  {
    path: 'quickstart',
    summary: 'A stack, a project and a live deployment in one go',
    load: () => import('./commands/quickstart.ts'),
  },
  { path: 'doctor', summary: 'Check this machine and say what to do', load: () => import('./commands/doctor.ts') },
  { path: 'server init', summary: 'Make a stack', load: () => import('./commands/server/init.ts') },
  { path: 'server start', summary: 'Start a stack', load: () => import('./commands/server/start.ts') },
  { path: 'server stop', summary: 'Stop a stack', load: () => import('./commands/server/stop.ts') },
  {
    path: 'server restart',
    summary: 'Restart a stack or services of it',
    load: () => import('./commands/server/restart.ts'),
  },
  {
    path: 'server update',
    summary: 'Move a stack to this version, or put the old one back',
    load: () => import('./commands/server/update.ts'),
  },
  {
    path: 'server rollback',
    summary: 'Go back to the version before the last update',
    load: () => import('./commands/server/rollback.ts'),
  },
  { path: 'server status', summary: 'What runs, how well', load: () => import('./commands/server/status.ts') },
  {
    path: 'server health',
    summary: 'Whether all of it works, for scripts',
    load: () => import('./commands/server/health.ts'),
  },
  { path: 'server logs', summary: 'Logs of a stack', load: () => import('./commands/server/logs.ts') },
  {
    path: 'server config',
    summary: 'Show or change the settings of a stack',
    load: () => import('./commands/server/config.ts'),
  },
  {
    path: 'server scale',
    summary: 'Change how many tasks a pool runs at once',
    load: () => import('./commands/server/scale.ts'),
  },
  { path: 'server images', summary: 'Container images of a stack', load: () => import('./commands/server/images.ts') },
  { path: 'server list', summary: 'Stacks on this machine', load: () => import('./commands/server/list.ts') },
  {
    path: 'server backup',
    summary: 'Back a stack up while it runs',
    load: () => import('./commands/server/backup.ts'),
  },
  { path: 'server backups', summary: 'List backups', load: () => import('./commands/server/backups.ts') },
  {
    path: 'server restore',
    summary: 'Restore a stack from a backup',
    load: () => import('./commands/server/restore.ts'),
  },
  {
    path: 'server rotate',
    summary: 'Give a stack new keys or a new database password',
    load: () => import('./commands/server/rotate.ts'),
  },
  {
    path: 'server destroy',
    summary: 'Remove a stack and all its data',
    load: () => import('./commands/server/destroy.ts'),
  },
  { path: 'login', summary: 'Log in to a server', load: () => import('./commands/login.ts') },
  { path: 'logout', summary: 'Forget a server', load: () => import('./commands/logout.ts') },
  { path: 'whoami', summary: 'Who you are, and where', load: () => import('./commands/whoami.ts') },
  { path: 'context list', summary: 'Servers you are logged in to', load: () => import('./commands/context/list.ts') },
  { path: 'context use', summary: 'Choose the current server', load: () => import('./commands/context/use.ts') },
  { path: 'project create', summary: 'Add a project', load: () => import('./commands/project/create.ts') },
  { path: 'project list', summary: 'List projects', load: () => import('./commands/project/list.ts') },
  { path: 'project get', summary: 'Show one project', load: () => import('./commands/project/get.ts') },
  { path: 'project update', summary: 'Change a project', load: () => import('./commands/project/update.ts') },
  { path: 'environment create', summary: 'Add an environment', load: () => import('./commands/environment/create.ts') },
  {
    path: 'environment list',
    summary: 'List the environments of a project',
    load: () => import('./commands/environment/list.ts'),
  },
  { path: 'environment get', summary: 'Show one environment', load: () => import('./commands/environment/get.ts') },
  {
    path: 'environment update',
    summary: 'Change an environment',
    load: () => import('./commands/environment/update.ts'),
  },
  { path: 'deploy', summary: 'Deploy a project and watch it live', load: () => import('./commands/deploy.ts') },
  { path: 'task list', summary: 'List tasks', load: () => import('./commands/task/list.ts') },
  { path: 'task get', summary: 'Show one task', load: () => import('./commands/task/get.ts') },
  { path: 'task watch', summary: 'Follow a task live', load: () => import('./commands/task/watch.ts') },
  { path: 'task logs', summary: 'Print the log of a task', load: () => import('./commands/task/logs.ts') },
  { path: 'task cancel', summary: 'Cancel a task', load: () => import('./commands/task/cancel.ts') },
  { path: 'task retry', summary: 'Run a failed deployment again', load: () => import('./commands/task/retry.ts') },
  { path: 'token create', summary: 'Make an application token', load: () => import('./commands/token/create.ts') },
  { path: 'token list', summary: 'List application tokens', load: () => import('./commands/token/list.ts') },
  { path: 'token revoke', summary: 'Revoke an application token', load: () => import('./commands/token/revoke.ts') },
  { path: 'completion', summary: 'Completion for your shell', load: () => import('./commands/completion.ts') },
];
