// The walls of the house; ARCHITECTURE.md says why they stand where they do.
const inPackage = (...names) => `^packages/(${names.join('|')})/`;
const PURE = ['model', 'packs', 'rules', 'detectors', 'narratives', 'evidence', 'sealing', 'canonical'];
const npm = (...names) => `/node_modules/(${names.join('|')})/`;

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'model-knows-only-zod',
      severity: 'error',
      from: { path: inPackage('model'), pathNot: '\\.test\\.ts$' },
      to: { pathNot: [inPackage('model'), npm('zod')] },
    },
    {
      name: 'pure-packages-do-no-io',
      comment:
        'Clock, files, network and logger belong to shells; evidence and sealing may hash and encrypt; packs/load is the shell beside packs.',
      severity: 'error',
      from: { path: inPackage(...PURE), pathNot: ['\\.test\\.ts$', 'packs/src/load\\.ts$'] },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'only-evidence-and-sealing-hash',
      severity: 'error',
      from: {
        path: inPackage(...PURE.filter((name) => name !== 'evidence' && name !== 'sealing')),
        pathNot: ['\\.test\\.ts$', 'packs/src/load\\.ts$'],
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-packages-know-no-shell',
      severity: 'error',
      from: { path: inPackage(...PURE), pathNot: 'packs/src/load\\.ts$' },
      to: { path: inPackage('runtime', 'streams', 'storage', 'llm', 'api', 'cli') },
    },
    {
      name: 'one-file-names-kafkajs',
      severity: 'error',
      from: { pathNot: '^packages/streams/src/kafka(\\.kafka\\.test)?\\.ts$' },
      to: { path: npm('kafkajs') },
    },
    {
      name: 'only-streams-names-the-registry-client',
      severity: 'error',
      from: { pathNot: '^packages/streams/src/registry\\.ts$' },
      to: { path: '/node_modules/@kafkajs/' },
    },
    {
      name: 'only-storage-names-postgres',
      severity: 'error',
      from: { pathNot: '^packages/storage/' },
      to: { path: npm('pg', 'kysely', 'pg-copy-streams') },
    },
    {
      name: 'only-mysql-asks-a-source',
      comment: 'The generator writes to it, infra runs it, and the tests ask it by themselves.',
      severity: 'error',
      from: { path: '^(packages|services)/', pathNot: ['^packages/mysql/', '\\.test\\.ts$'] },
      to: { path: npm('mysql2') },
    },
    {
      name: 'only-llm-names-openai',
      severity: 'error',
      from: { pathNot: '^packages/llm/' },
      to: { path: npm('openai') },
    },
    {
      name: 'services-are-started-never-imported',
      severity: 'error',
      from: { pathNot: '^services/' },
      to: { path: '^services/' },
    },
    {
      name: 'services-do-not-know-each-other',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'the-generator-knows-nothing-of-us',
      severity: 'error',
      from: { path: '^generator/' },
      to: { path: '^(packages|services|infra|test)/' },
    },
    {
      name: 'packages-know-no-house-around-them',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(services|infra|generator|test)/' },
    },
    {
      name: 'cli-reads-through-the-api',
      severity: 'error',
      from: { path: inPackage('cli'), pathNot: '\\.test\\.ts$' },
      to: { path: inPackage('storage', 'streams', 'rules', 'detectors', 'narratives', 'llm') },
    },
    {
      name: 'other-packages-by-name-only',
      severity: 'error',
      from: { path: '^(packages|services)/([^/]+)/' },
      to: {
        path: '^(packages|services)/',
        pathNot: ['^$1/$2/', '/src/(index|load)\\.ts$', '/src/testing/index\\.ts$'],
      },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['@overlay/source', 'import', 'require', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
