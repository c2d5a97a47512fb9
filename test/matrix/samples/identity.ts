import { later, type Sample, slug } from './sample.ts';

export const identity = {
  accounts: {
    // A token knows only its own account; nobody else's hands are on one that may be deleted.
    existing: async (world, actor, verb) => ({
      id: verb === 'delete' && !actor.startsWith('token:') ? await world.twinAccount() : world.account,
    }),
    fresh: () => ({ slug: slug(), name: 'New' }),
    patch: { name: 'Renamed' },
  },
  accounts_memberships: {
    existing: async (world) => ({ account_id: world.account, user_id: (await world.newMember()).id }),
    fresh: async (world) => ({ account_id: world.account, user_id: (await world.newUser()).id, role: 'member' }),
    patch: { role: 'member' },
  },
  application_tokens: {
    existing: async (world) => ({ id: await world.newToken() }),
    fresh: (world) => ({ account_id: world.account, user_id: world.people.admin.id, name: 'forged', hint: 'sfp_at_' }),
    patch: { name: 'renamed' },
  },
  invitations: {
    existing: async (world) => ({ id: (await world.newInvitation(world.account, `${slug()}@example.test`)).id }),
    fresh: (world) => ({
      account_id: world.account,
      email: `${slug()}@example.test`,
      role: 'owner',
      hint: 'sfp_inv_',
      expires_at: later,
    }),
    patch: { role: 'member' },
  },
  audit_log: {
    existing: async (world) =>
      world.insert('select id from public.audit_log where account_id = $1 order by id limit 1', [world.account]),
    fresh: (world) => ({ account_id: world.account, actor_role: 'x', action: 'insert', subject_type: 'forged' }),
    patch: { action: 'forged' },
  },
} satisfies Record<string, Sample>;
