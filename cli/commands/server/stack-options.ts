/** Options of every command about one stack on this machine. */
export const baseDirOption = {
  type: 'string',
  value: 'path',
  summary: 'Where stacks live; $SFP_HOME, else ~/.sfp (root: /var/lib/sfp) when left out',
} as const;

export const stackOptions = {
  tenant: {
    type: 'string',
    value: 'name',
    completes: 'tenant',
    short: 't',
    required: true,
    summary: 'Name of the stack',
  },
  baseDir: baseDirOption,
} as const;
