import { readdir } from 'node:fs/promises';
import { accountIdOf } from '../context/account-option.ts';
import { connect } from '../context/connect.ts';
import type { Connection } from '../context/connection.ts';
import type { ContextStore } from '../context/store.ts';
import type { NameKind } from './name-kind.ts';
import type { Position } from './position.ts';

/** One to choose, with what shells show beside it. */
export interface Name {
  name: string;
  hint: string;
}

export interface NamesOptions {
  contexts: ContextStore;
  contextName: string | undefined;
  env: NodeJS.ProcessEnv;
}

type Given = Position['options'];
type OnServer = (connection: Connection, given: Given) => Promise<readonly Name[]>;
type Here = (options: NamesOptions, given: Given) => Promise<readonly Name[]>;

// Newest first: more than a screen of ids helps nobody.
const recent = { limit: 30 };
const all = { limit: 200 };
const inAccount = async (connection: Connection, given: Given) => ({
  accountId: await accountIdOf(connection, given.get('account')),
});
const time = (iso: string): string => iso.slice(0, 16).replace('T', ' ');

const onServer: Partial<Record<NameKind, OnServer>> = {
  async account({ api }) {
    return (await api.me()).accounts.map(({ slug, name }) => ({ name: slug, hint: name }));
  },
  async project({ api }) {
    return (await api.projects.list(all)).items.map(({ slug, name }) => ({ name: slug, hint: name }));
  },
  async environment({ api }, given) {
    const project = given.get('project');
    if (project === undefined) return [];
    const { items } = await api.environments.list(project, all);
    return items.map(({ slug, category }) => ({ name: slug, hint: category }));
  },
  async release(connection, given) {
    const where = { ...recent, project: given.get('project'), ...(await inAccount(connection, given)) };
    const { items } = await connection.api.releases.list(where);
    return items.map(({ name, status }) => ({ name, hint: status }));
  },
  async task({ api }, given) {
    const { items } = await api.tasks.list({ ...recent, project: given.get('project') });
    return items.map(({ id, type, status, createdAt }) => ({
      name: id,
      hint: `${type} ${status}, ${time(createdAt)}`,
    }));
  },
  async build({ api }, given) {
    const { items } = await api.builds.list({ ...recent, project: given.get('project') });
    return items.map(({ id, number, ref, status }) => ({ name: id, hint: `build ${number}, ${ref} ${status}` }));
  },
  async deployment({ api }, given) {
    const { items } = await api.deployments.list({ ...recent, project: given.get('project') });
    return items.map(({ id, ref, status, createdAt }) => ({ name: id, hint: `${ref} ${status}, ${time(createdAt)}` }));
  },
  async member(connection, given) {
    const { items } = await connection.api.members.list({ ...all, ...(await inAccount(connection, given)) });
    return items.map(({ email, role }) => ({ name: email, hint: role }));
  },
  async invitation(connection, given) {
    const open = { ...recent, state: 'open' as const, ...(await inAccount(connection, given)) };
    const { items } = await connection.api.invitations.list(open);
    return items.map(({ id, email }) => ({ name: id, hint: email }));
  },
  async integration(connection, given) {
    const where = { ...all, ...(await inAccount(connection, given)), project: given.get('project') };
    const { items } = await connection.api.integrations.list(where);
    return items.map(({ name, scope, status }) => ({ name, hint: `${scope}, ${status}` }));
  },
  async schedule({ api }, given) {
    const project = given.get('project');
    if (project === undefined) return [];
    const { items } = await api.schedules.list(project, all);
    return items.map(({ name, kind, enabled }) => ({ name, hint: enabled ? kind : `${kind}, disabled` }));
  },
  async collection(connection, given) {
    const { items } = await connection.api.collections.list({ ...all, ...(await inAccount(connection, given)) });
    return items.map(({ name, description }) => ({ name, hint: description }));
  },
  async token({ api }) {
    const { items } = await api.tokens.list(recent);
    return items.filter(({ revokedAt }) => revokedAt === null).map(({ id, name }) => ({ name: id, hint: name }));
  },
};

const here: Partial<Record<NameKind, Here>> = {
  async context({ contexts }) {
    return (await contexts.read()).contexts.map(({ name, url }) => ({ name, hint: url }));
  },
  async tenant(_, given) {
    const [{ resolveBaseDir }, { tenantsDir }] = await Promise.all([
      import('../../stack/base-dir.ts'),
      import('../../stack/layout.ts'),
    ]);
    const entries = await readdir(tenantsDir(resolveBaseDir(given.get('baseDir'))), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => ({ name, hint: '' }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  },
  async service() {
    const { roleNames } = await import('../../stack/server-settings.ts');
    return ['postgres', ...roleNames].map((name) => ({ name, hint: '' }));
  },
};

/** The names of a kind that can be chosen at this place of a line. */
export async function namesOf({ kind, options: given }: Position, options: NamesOptions): Promise<readonly Name[]> {
  const local = here[kind];
  if (local !== undefined) return local(options, given);
  const lookUp = onServer[kind];
  return lookUp === undefined ? [] : lookUp(await connect(options), given);
}
