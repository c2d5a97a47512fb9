const own = {
  anon: 'eyJhbGciOiJIUzI1NiJ9.legacy-anon.signature',
  service: 'eyJhbGciOiJIUzI1NiJ9.legacy-service.signature',
  publishable: 'sb_publishable_abcdefghijklmnopqrstuv_12345678',
  secret: 'sb_secret_abcdefghijklmnopqrstuv_87654321',
  anonJwt: 'eyJhbGciOiJFUzI1NiJ9.anon.signature',
  serviceJwt: 'eyJhbGciOiJFUzI1NiJ9.service.signature',
};

/** The keys of the gateway under test: of the environment for one that somebody else runs, else made up. */
export const keys = {
  anon: process.env.SUPABASE_ANON_KEY ?? own.anon,
  service: process.env.SUPABASE_SERVICE_KEY ?? own.service,
  publishable: process.env.SUPABASE_PUBLISHABLE_KEY ?? own.publishable,
  secret: process.env.SUPABASE_SECRET_KEY ?? own.secret,
  unknown: 'sb_secret_abcdefghijklmnopqrstuv_00000000',
};
export const translated = { anonJwt: own.anonJwt, serviceJwt: own.serviceJwt };

export type KeyKind = 'none' | 'unknown' | 'anon' | 'publishable' | 'service' | 'secret';
export const keyKinds: readonly KeyKind[] = ['none', 'unknown', 'anon', 'publishable', 'service', 'secret'];

export const keyOf = (kind: KeyKind): string | undefined => (kind === 'none' ? undefined : keys[kind]);
