export const branchPatternOption = {
  type: 'string',
  value: 'pattern',
  summary: 'Which branches belong to it (main, release/*), for deployments that a push asks for; nothing for none',
} as const;
