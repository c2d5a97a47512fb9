import { pastMoment } from '../input/past-moment.ts';

/** What lists of deployments and tasks are narrowed by. */
export const historyOptions = {
  project: { type: 'string', value: 'slug', short: 'p', completes: 'project', summary: 'Only of this project' },
  environment: {
    type: 'string',
    value: 'slug',
    short: 'e',
    completes: 'environment',
    summary: 'Only to this environment: id, or slug with --project',
  },
  requester: {
    type: 'string',
    value: 'who',
    completes: 'member',
    summary: 'Only asked for by: me, e-mail address or id',
  },
  ref: { type: 'string', value: 'ref', summary: 'Only of exactly this ref' },
  since: { type: 'string', value: 'when', summary: 'Not before: a date, or how long ago, such as 30m, 12h, 7d' },
  until: { type: 'string', value: 'when', summary: 'Before this moment' },
  search: {
    type: 'string',
    value: 'words',
    summary: 'Words, or how they begin: of ref, commit, its subject, the failure',
  },
} as const;

interface Given {
  project: string | undefined;
  environment: string | undefined;
  requester: string | undefined;
  ref: string | undefined;
  since: string | undefined;
  until: string | undefined;
  search: string | undefined;
}

/** The query of the API. */
export const historyFilter = ({ project, environment, requester, ref, since, until, search }: Given, now: number) => ({
  project,
  environment,
  requester,
  ref,
  since: since === undefined ? undefined : pastMoment(since, '--since', now),
  until: until === undefined ? undefined : pastMoment(until, '--until', now),
  q: search,
});
