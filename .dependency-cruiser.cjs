// Who may import whom (docs/architecture.md). A branch on the runtime outside stack/, compose/ and embedded/ is a defect,
// so nothing but the CLI's one picking place can reach a runtime.
const rooms = {
  contracts: [],
  artifacts: ['contracts'],
  client: ['contracts'],
  server: ['artifacts', 'contracts'],
  workers: ['artifacts', 'contracts'],
  migrations: ['contracts'],
  stack: ['contracts'],
  compose: ['stack', 'contracts'],
  embedded: ['stack', 'contracts'],
  cli: ['client', 'stack', 'contracts', 'compose', 'embedded'],
};

module.exports = {
  forbidden: [
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room}-imports`,
      severity: 'error',
      comment: `${room}/ imports ${allowed.length > 0 ? allowed.join(', ') : 'nothing of ours'}`,
      from: { path: `^${room}/`, pathNot: '\\.test\\.tsx?$' },
      to: {
        path: `^(${Object.keys(rooms)
          .filter((other) => other !== room && !allowed.includes(other))
          .join('|')}|test)/`,
      },
    })),
    {
      name: 'one-place-picks-the-runtime',
      severity: 'error',
      comment: 'the CLI reaches a runtime through cli/runtime.ts only',
      from: { path: '^cli/', pathNot: '(^cli/runtime\\.ts$|\\.test\\.tsx?$)' },
      to: { path: '^(compose|embedded)/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-barrels', severity: 'error', from: {}, to: { path: '^(?!node_modules).*/index\\.tsx?$' } },
    {
      name: 'no-test-code-in-rooms',
      severity: 'error',
      from: {
        path: '^(cli|client|contracts|artifacts|server|workers|migrations|stack|compose|embedded)/',
        pathNot: '\\.test\\.tsx?$',
      },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // TypeScript 7 has no API that dependency-cruiser could parse with yet; swc reads the same sources.
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
