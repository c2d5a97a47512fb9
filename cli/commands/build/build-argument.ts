export const buildArgument = { build: { completes: 'build', summary: 'Id, or number with --project' } } as const;

export const inProjectOption = {
  project: {
    type: 'string',
    value: 'slug',
    completes: 'project',
    short: 'p',
    summary: 'Project of a number, by slug or id',
  },
} as const;
