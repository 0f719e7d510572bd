// Imports go one way (ARCHITECTURE.md has the table this enforces):
//   base <- contracts <- areas <- main;  cli and dashboard see only contracts and base.
// An allow-list: what is not named here is an error.
const AREAS = {
  store: ['base', 'contracts'],
  access: ['base', 'contracts', 'store'],
  machines: ['base', 'contracts'],
  images: ['base', 'contracts'],
  fleet: ['base', 'contracts', 'store', 'machines', 'images'],
  deploy: ['base', 'contracts', 'store', 'fleet', 'images', 'machines'],
  gateway: ['base', 'contracts'],
  audit: ['base', 'contracts', 'store'],
  secrets: ['base', 'contracts', 'store'],
  cost: ['base', 'contracts', 'store'],
  egress: ['base', 'contracts', 'store'],
  activity: ['base', 'contracts'],
  api: [
    'base',
    'contracts',
    'store',
    'access',
    'activity',
    'audit',
    'cost',
    'deploy',
    'egress',
    'fleet',
    'gateway',
    'images',
    'machines',
    'secrets',
  ],
};
const allowed = [
  { from: { path: '^src/base/' }, to: { path: '^src/base/' } },
  { from: { path: '^src/contracts/' }, to: { path: '^src/(contracts|base)/' } },
  { from: { path: '^src/cli/' }, to: { path: '^src/(cli|contracts|base)/' } },
  // Types, and constants from files that bring no zod along: the first page has a budget in bytes.
  { from: { path: '^src/dashboard/' }, to: { path: '^src/(dashboard|contracts|base)/' } },
  // main wires everything, through the front files only.
  { from: { path: '^src/main/' }, to: { path: '^src/(main|cli|base|contracts)/' } },
  { from: { path: '^src/main/' }, to: { path: '^src/(\\w+)/\\1\\.ts$' } },
  {
    from: { path: '^src/' },
    to: {
      dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-no-pkg', 'type-only'],
      pathNot: '^src/',
    },
  },
];
for (const [area, sees] of Object.entries(AREAS)) {
  allowed.push({ from: { path: `^src/${area}/` }, to: { path: `^src/${area}/` } });
  allowed.push({ from: { path: `^src/${area}/` }, to: { path: '^src/(base|contracts)/' } });
  for (const other of sees.filter((s) => s !== 'base' && s !== 'contracts'))
    allowed.push({ from: { path: `^src/${area}/` }, to: { path: `^src/${other}/${other}\\.ts$` } });
}
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'sql-only-in-store',
      severity: 'error',
      // The audit index is a file of its own that can be thrown away; its SQL stays with it.
      from: { path: '^src/', pathNot: '^src/(store|audit/search)/' },
      to: { path: '^(kysely|node:sqlite|sqlite)' },
    },
  ],
  allowed,
  allowedSeverity: 'error',
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
};
