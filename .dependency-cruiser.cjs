// Which way imports point (ARCHITECTURE.md, "Which way imports point"): every room leans on `domain`,
// `analyse` and `measure` also on `stats`; only server.ts, cli/ and workers/ introduce rooms to each other.
const ROOMS = [
  'webhook',
  'intake',
  'queue',
  'checkout',
  'measure',
  'analyse',
  'store',
  'report',
  'github',
  'project-config',
  'embedded-postgres',
  'pages',
  'diagnose',
];

/** What else a room may lean on. */
const FOUNDATIONS = { analyse: ['stats'], measure: ['stats', 'processes'], checkout: ['processes'] };

const roomsAreStrangers = ROOMS.map((room) => ({
  name: `room-${room}-is-alone`,
  comment: `src/${room} may import domain and its foundations, nothing of another room`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: {
    path: '^(src|workers|benchmarks|test)/',
    pathNot: `^src/(${[room, 'domain', ...(FOUNDATIONS[room] ?? [])].join('|')})/`,
  },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'types included: a circle of types is a circle of ideas',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...roomsAreStrangers,
    {
      name: 'domain-imports-nothing',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/domain/' },
    },
    {
      name: 'stats-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/stats/' },
      to: { path: '^(src|workers|benchmarks|test)/', pathNot: '^src/stats/' },
    },
    {
      name: 'processes-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/processes/' },
      to: { path: '^(src|workers|benchmarks|test)/', pathNot: '^src/processes/' },
    },
    {
      name: 'github-double-stands-alone',
      comment: 'the double must not share a mistake with the code that it stands in for',
      severity: 'error',
      from: { path: '^src/github-double/' },
      to: { path: '^(src|workers|benchmarks|test)/', pathNot: '^src/github-double/' },
    },
    {
      name: 'double-only-for-demo-and-tests',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/(github-double|cli/demo)/' },
      to: { path: '^src/github-double/' },
    },
    {
      name: 'corridors-are-not-imported',
      comment: 'server.ts, cli/ and workers/ introduce rooms to each other; nothing below imports them',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli/|server\\.ts)' },
      to: { path: '^(workers/|src/cli/|src/server\\.ts)' },
    },
    {
      name: 'what-is-measured-stands-alone',
      comment: 'the reference service is started from a checkout and never imported',
      severity: 'error',
      from: { path: '^benchmarks/ranking-service/' },
      to: { path: '^(src|workers|test)/' },
    },
    {
      name: 'no-development-packages-in-the-product',
      severity: 'error',
      from: { path: '^(src|workers)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'imports-resolve',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/fixtures/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
};
