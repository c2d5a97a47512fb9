/** How long an invitation is good for. */
export const expiryOption = {
  expiresDays: { type: 'integer', value: 'days', min: 1, max: 30, default: 7, summary: 'How long it is good for' },
} as const;
