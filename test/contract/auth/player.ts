import { SignJWT } from 'jose';
import { z } from 'zod';
import type { Difference } from '../support/compare.ts';
import { secret } from './base-environment.ts';
import { AuthBindings } from './bindings.ts';
import { differencesOf, tokenDifferences } from './differences.ts';
import { forgeToken } from './forged-token.ts';
import { send } from './http-client.ts';
import type { RunKeys } from './keys.ts';
import type { Exchange, Recording, TokenNote } from './recording.ts';
import type { SetUp, SetUpUser } from './scenario.ts';

export interface Target {
  url: string;
  /** A database that outlives scenarios: its users are deleted first, which recordings of an empty one need. */
  shared: boolean;
  /** Starts the service again with other keys. */
  restart(form: 'ec signs' | 'oct signs' | 'ec only'): Promise<void>;
}

const password = 'Passw0rd!x';
const usersSchema = z.object({ users: z.array(z.object({ id: z.string() })) });

/** Plays one recorded scenario against a running service and reports every exchange. */
export class Player {
  readonly #target: Target;
  readonly #recording: Recording;
  readonly #setUp: SetUp;
  readonly #keys: RunKeys;
  readonly #bindings = new AuthBindings();
  readonly #notes = new Map<string, TokenNote>();
  readonly #given: Set<string>;
  #service = '';

  constructor(target: Target, recording: Recording, setUp: SetUp, keys: RunKeys) {
    this.#target = target;
    this.#recording = recording;
    this.#setUp = setUp;
    this.#keys = keys;
    this.#given = tokensInAnswers(recording);
  }

  async play(report: (exchange: Exchange, differences: Difference[]) => void): Promise<void> {
    this.#service = await apiKey('service_role');
    this.#bindings.tokens.set('{{jwt:anon}}', await apiKey('anon'));
    this.#bindings.tokens.set('{{jwt:service_role}}', this.#service);
    if (this.#target.shared) await this.#deleteUsers();
    for (const user of this.#setUp.users ?? []) if (user.before === undefined) await this.#makeUser(user);
    for (const line of this.#recording.lines) {
      if (line.kind === 'token') await this.#note(line);
      else {
        await this.#beside(line.index);
        report(line, await this.#exchange(line));
      }
    }
  }

  async #exchange({ req, res }: Exchange): Promise<Difference[]> {
    const body = bodyText(req.body);
    const answer = await send(this.#target.url, {
      method: req.method,
      path: this.#bindings.fill(req.path),
      headers: Object.fromEntries(
        Object.entries(req.headers).map(([name, value]) => [name, this.#bindings.fill(value)]),
      ),
      ...(body === undefined ? {} : { body: this.#bindings.fill(body) }),
    });
    const differences = differencesOf(res, answer, this.#bindings);
    return [...differences, ...this.#tokenDifferences(res.body)];
  }

  /** A token that the answer brought for the first time has the header and claims of its note. */
  #tokenDifferences(recorded: unknown): Difference[] {
    const label =
      typeof recorded === 'object' && recorded !== null && 'access_token' in recorded
        ? recorded.access_token
        : undefined;
    if (typeof label !== 'string') return [];
    const note = this.#notes.get(label);
    const token = this.#bindings.tokens.get(label);
    if (note === undefined || token === undefined) return [];
    this.#notes.delete(label);
    return tokenDifferences(note, token, this.#bindings);
  }

  async #note(note: TokenNote): Promise<void> {
    if (this.#bindings.tokens.has(note.token)) return;
    if (this.#given.has(note.token)) this.#notes.set(note.token, note);
    else {
      const label = note.token.slice('{{jwt:'.length, -2);
      const claims: unknown = JSON.parse(this.#bindings.fill(JSON.stringify(this.#shifted(note))));
      const parsed = typeof claims === 'object' && claims !== null ? { ...claims } : {};
      this.#bindings.tokens.set(note.token, await forgeToken(label, note.header, parsed, this.#keys));
    }
  }

  /** The claims with their times moved from the recording's clock to this one. */
  #shifted(note: TokenNote): Record<string, unknown> {
    const first = this.#recording.lines.find(
      (line) => line.kind === 'token' && typeof line.claims.session_id === 'string',
    );
    const issued =
      first?.kind === 'token' && typeof first.claims.iat === 'number' ? first.claims.iat - first.t_ms / 1000 : 0;
    const shift = Math.round(Date.now() / 1000 - (issued + note.t_ms / 1000));
    return Object.fromEntries(
      Object.entries(note.claims).map(([name, value]) => [
        name,
        ['exp', 'iat', 'nbf'].includes(name) && typeof value === 'number' ? value + shift : value,
      ]),
    );
  }

  /** What was done beside the recorded requests, before this line. */
  async #beside(index: number): Promise<void> {
    const form = this.#setUp.keys?.[index];
    if (form !== undefined) await this.#target.restart(form);
    for (const user of this.#setUp.users ?? []) if (user.before === index) await this.#makeUser(user);
    const deleted = this.#setUp.deletions?.[index];
    if (deleted !== undefined)
      await this.#admin('DELETE', `/admin/users/${this.#bindings.fill(this.#recordedId(deleted))}`);
    const waitMs = this.#setUp.afterMs?.[index];
    if (waitMs !== undefined) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }

  async #makeUser({ email, userMetadata, appMetadata }: SetUpUser): Promise<void> {
    const body = JSON.stringify({
      email,
      password,
      email_confirm: true,
      user_metadata: userMetadata ?? {},
      app_metadata: appMetadata ?? {},
    });
    const created: unknown = JSON.parse(await this.#admin('POST', '/admin/users', body));
    const id = typeof created === 'object' && created !== null && 'id' in created ? created.id : undefined;
    const recorded = this.#recordedId(email);
    if (typeof id === 'string' && recorded !== '') this.#bindings.accepts(recorded, id);
  }

  async #deleteUsers(): Promise<void> {
    const { users } = usersSchema.parse(JSON.parse(await this.#admin('GET', '/admin/users?per_page=1000')));
    for (const { id } of users) await this.#admin('DELETE', `/admin/users/${id}`);
  }

  async #admin(method: string, path: string, body?: string): Promise<string> {
    const answer = await send(this.#target.url, {
      method,
      path,
      headers: { authorization: `Bearer ${this.#service}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
    });
    if (answer.status !== 200) throw new Error(`set-up ${method} ${path}: ${answer.status} ${answer.body}`);
    return answer.body;
  }

  #recordedId(email: string): string {
    for (const line of this.#recording.lines) {
      const id = line.kind === 'exchange' ? idOf(line.res.body, email) : undefined;
      if (id !== undefined) return id;
    }
    return '';
  }
}

const shortened = /^(.)\1*…\((\d+) chars\)$/su;

/** The text of a recorded body: what is no string was JSON, and long strings are made as long as they were. */
function bodyText(body: unknown): string | undefined {
  if (body === null || body === undefined) return undefined;
  if (typeof body === 'string') return body;
  return JSON.stringify(body, (_key, value: unknown) => {
    const [, character, length] = typeof value === 'string' ? (shortened.exec(value) ?? []) : [];
    return character === undefined ? value : character.repeat(Number(length));
  });
}

function idOf(value: unknown, email: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('email' in value && 'id' in value && 'aud' in value && value.email === email && typeof value.id === 'string')
    return value.id;
  for (const child of Object.values(value)) {
    const id = idOf(child, email);
    if (id !== undefined) return id;
  }
  return undefined;
}

const tokensInAnswers = ({ lines }: Recording): Set<string> =>
  new Set(
    lines.flatMap((line) =>
      line.kind === 'exchange' ? (JSON.stringify(line.res).match(/\{\{jwt:[^}]+\}\}/g) ?? []) : [],
    ),
  );

const apiKey = (role: string): Promise<string> =>
  new SignJWT({ role, iss: 'supabase' })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt(1_790_000_000)
    .setExpirationTime(1_947_680_000)
    .sign(new TextEncoder().encode(secret));
