import pg from 'pg';
import { startTestPostgres } from '../../support/postgres.ts';

/** The server under test: ours, or the one that SFP_CONTRACT_POSTGRES_URL (its superuser) names. */
export interface Target {
  admin: pg.Client;
  url(role: string): string;
  stop(): Promise<void>;
}

export async function openTarget(): Promise<Target> {
  const external = process.env.SFP_CONTRACT_POSTGRES_URL;
  const own = external === undefined ? await startTestPostgres() : undefined;
  const superuser = external ?? own?.url('supabase_admin') ?? '';
  const admin = new pg.Client({ connectionString: superuser });
  await admin.connect();
  return {
    admin,
    url: (role) => {
      const url = new URL(superuser);
      url.username = role;
      return url.href;
    },
    stop: async () => {
      await admin.end();
      await own?.stop();
    },
  };
}

/** Roles without a password on the image; the recording reached them over a trusting connection. */
export const passwordless = [
  'anon',
  'dashboard_user',
  'supabase_realtime_admin',
  'supabase_read_only_user',
  'supabase_replication_admin',
  'supabase_etl_admin',
];

/** What the recording calls simulated by the rig: tables that the services make, and the compose file's setting. */
export const serviceObjects = {
  create: `
    create table storage.objects (id uuid primary key);
    alter table storage.objects owner to supabase_storage_admin;
    create table realtime.messages (id uuid primary key);
    alter table realtime.messages owner to supabase_realtime_admin;
    revoke all on storage.objects, realtime.messages from anon, authenticated, service_role;
    alter database postgres set app.settings.jwt_secret to 'placeholder-jwt-secret-of-at-least-32-chars'`,
  drop: `
    drop table storage.objects, realtime.messages;
    alter database postgres reset app.settings.jwt_secret`,
};

/** Tables of an application, made by its migrations' role; only the groups of the API's roles see them. */
export const application = {
  create: `
    create table public.notes (id bigint generated always as identity primary key, body text);
    insert into public.notes (body) values ('a');
    create table public.notes_serial (id serial primary key, body text);
    create table public.notes_rls (id bigint primary key, owner uuid);
    alter table public.notes_rls enable row level security;
    insert into public.notes_rls values (1, null);
    create view public.v_notes as select * from public.notes;
    create sequence public.sq;
    create function public.fn1() returns integer language sql as 'select 1';
    create schema private;
    create table private.sec (id integer)`,
  drop: `
    drop schema private cascade;
    drop view public.v_notes;
    drop table public.notes, public.notes_serial, public.notes_rls;
    drop sequence public.sq;
    drop function public.fn1()`,
};
export const applicationGroups = new Set(['api-role', 'authenticator']);
