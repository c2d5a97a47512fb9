/** How a person sees which things there are, by the resource in a route's path. */
export const listCommands = {
  projects: 'List the projects: sfp project list',
  environments: 'List the environments of a project: sfp environment list --project <slug>',
  builds: 'List the builds: sfp build list',
  accounts: 'See your accounts: sfp whoami',
  associations: 'List those of a project: sfp project associations <project>',
  integrations: 'List the integrations: sfp integration list',
  collections: 'List the collections: sfp collection list',
  deployments: 'List the deployments: sfp deployment list',
  releases: 'List the releases: sfp release list',
  tasks: 'List the tasks: sfp task list',
  schedules: 'List the schedules of a project: sfp schedule list --project <slug>',
  members: 'List the members: sfp member list',
  invitations: 'List the invitations: sfp invitation list',
  tokens: 'List the tokens: sfp token list',
} as const;

const byResource: Readonly<Record<string, string>> = listCommands;

/** The suggestion for an id in this path that names nothing. */
export const listCommandOf = (path: string): string | undefined =>
  byResource[/\/api\/v1\/([a-z]+)\//.exec(path)?.[1] ?? ''];
