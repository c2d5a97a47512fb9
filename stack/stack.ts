import { type StackLayout, stackLayout } from './layout.ts';
import { effectiveSecrets } from './secrets/effective.ts';
import type { StackSecrets, SuppliedSecrets } from './secrets/schema.ts';
import { suppliedSecrets } from './secrets/supplied.ts';
import { requireStoredSecrets } from './secrets.ts';
import { requireServerSettings, type ServerSettings } from './server-settings.ts';

/** A stack that has been initialised on disk. */
export interface Stack {
  readonly layout: StackLayout;
  readonly settings: ServerSettings;
  /** Read when first asked for where a provider supplies some: to stop a stack or to see how it is takes none. */
  readonly secrets: StackSecrets;
  /** What of them the provider supplied; for a process that cannot ask it again. */
  readonly supplied?: SuppliedSecrets;
}

/** Reads and checks the files of an existing stack; an SfpError says which file is missing or wrong. */
export const openStack = (baseDir: string, tenant: string): Stack => stackAt(stackLayout(baseDir, tenant));

/** The same, with what the provider supplied to somebody else. */
export const openStackWith = (baseDir: string, tenant: string, supplied: SuppliedSecrets): Stack =>
  stackAt(stackLayout(baseDir, tenant), () => supplied);

/** A stack whose files are where the layout says. */
export function stackAt(layout: StackLayout, ask?: () => SuppliedSecrets): Stack {
  const settings = requireServerSettings(layout);
  const stored = requireStoredSecrets(layout);
  const { secrets: provider } = settings;
  if (provider === undefined || provider.provider === 'generated') {
    return { layout, settings, secrets: effectiveSecrets({ layout, provider, stored, supplied: {} }) };
  }
  const supplied = once(ask ?? (() => suppliedSecrets(provider)));
  const secrets = once(() => effectiveSecrets({ layout, provider, stored, supplied: supplied() }));
  return {
    layout,
    settings,
    get secrets() {
      return secrets();
    },
    get supplied() {
      return supplied();
    },
  };
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
