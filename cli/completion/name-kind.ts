/** What an argument or an option's value names; the shells complete it. See names.ts for where each is looked up. */
export type NameKind =
  | 'account'
  | 'build'
  | 'collection'
  | 'context'
  | 'deployment'
  | 'environment'
  | 'integration'
  | 'invitation'
  | 'member'
  | 'project'
  | 'release'
  | 'schedule'
  | 'service'
  | 'task'
  | 'tenant'
  | 'token';
