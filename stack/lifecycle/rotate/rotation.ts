import { randomBytes } from 'node:crypto';
import { SfpError } from '../../../contracts/error.ts';
import { newApiKey } from '../../api-keys.ts';
import { newSigningKey, publicPart } from '../../jwt-keys.ts';
import type { StackLayout } from '../../layout.ts';
import { newApiTokens } from '../../secrets/api-tokens.ts';
import { providerName } from '../../secrets/provider-settings.ts';
import type { Rotation, SecretName, StoredSecrets } from '../../secrets/schema.ts';
import { newDatabasePassword, readStoredSecrets } from '../../secrets.ts';
import { serverCommand } from '../../server-command.ts';
import type { Stack } from '../../stack.ts';

export interface RotationChoice {
  kind: Rotation['kind'];
  /** api-keys: this one only. */
  only?: 'publishable' | 'secret' | undefined;
  /** jwt: tokens of before are refused at once. */
  revokePrevious: boolean;
}

/** What secrets.json is to hold from now on, together with the note that the rotation is not finished. */
export function begin({ secrets }: Stack, stored: StoredSecrets, choice: RotationChoice, now: Date): StoredSecrets {
  const noted = (retired: Rotation['retired'], next?: Rotation['next']): Pick<StoredSecrets, 'rotation'> => ({
    rotation: { kind: choice.kind, startedAt: now.toISOString(), retired, ...(next === undefined ? {} : { next }) },
  });
  switch (choice.kind) {
    case 'jwt': {
      const keys = { jwtSecret: randomBytes(30).toString('base64'), jwtSigningKey: newSigningKey() };
      const { anonKey, anonToken } = secrets;
      return {
        ...stored,
        ...keys,
        ...newApiTokens(keys, Math.floor(now.getTime() / 1000)),
        previousVerificationKey: choice.revokePrevious ? undefined : publicPart(secrets.jwtSigningKey),
        ...noted({ anonKey, anonToken }),
      };
    }
    case 'api-keys': {
      const { publishableKey, secretKey } = secrets;
      return {
        ...stored,
        ...(choice.only === 'secret' ? {} : { publishableKey: newApiKey('publishable') }),
        ...(choice.only === 'publishable' ? {} : { secretKey: newApiKey('secret') }),
        ...noted({
          ...(choice.only === 'secret' ? {} : { publishableKey }),
          ...(choice.only === 'publishable' ? {} : { secretKey }),
        }),
      };
    }
    case 'db-password': {
      const { databasePassword } = secrets;
      return { ...stored, ...noted({ databasePassword }, { databasePassword: newDatabasePassword() }) };
    }
  }
}

/** The secrets that a rotation would make. */
const made: Readonly<Record<Rotation['kind'], (choice: RotationChoice) => readonly SecretName[]>> = {
  jwt: () => ['jwtSecret', 'jwtSigningKey', 'anonKey', 'serviceRoleKey', 'anonToken', 'serviceRoleToken'],
  'api-keys': ({ only }) =>
    only === undefined ? ['publishableKey', 'secretKey'] : [only === 'secret' ? 'secretKey' : 'publishableKey'],
  'db-password': () => ['databasePassword'],
};

/** A secret that comes from elsewhere is changed there. */
export function assertOurs({ supplied = {}, settings, layout }: Stack, choice: RotationChoice): void {
  const theirs = made[choice.kind](choice).filter((name) => supplied[name] !== undefined);
  if (theirs.length === 0 || settings.secrets === undefined) return;
  throw new SfpError({
    code: 'secret_supplied',
    message: `${providerName(settings.secrets)} supplies ${theirs.join(', ')}; nothing was changed.`,
    suggestion: `Change it there, then run \`${serverCommand(layout, 'restart')}\`.`,
  });
}

/** Refuses to work on a stack with a rotation that is not finished. */
export function assertNoRotation(layout: StackLayout): void {
  const rotation = readStoredSecrets(layout)?.rotation;
  if (rotation !== undefined) throw unfinished(layout, rotation);
}

/** Refuses another rotation than the one that is not finished. */
export function assertSameRotation(layout: StackLayout, kind: Rotation['kind']): void {
  const rotation = readStoredSecrets(layout)?.rotation;
  if (rotation !== undefined && rotation.kind !== kind) throw unfinished(layout, rotation);
}

const unfinished = (layout: StackLayout, { kind, startedAt }: Rotation): SfpError =>
  new SfpError({
    code: 'rotation_unfinished',
    message: `A rotation (${kind}) of stack "${layout.tenant}" was interrupted.`,
    detail: `begun ${startedAt}`,
    suggestion: `Finish it first: ${serverCommand(layout, `rotate ${kind}`, '--yes')}`,
  });
