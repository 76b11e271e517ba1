// Two projects by what a test needs: `unit` needs nothing, `stack` needs the real servers (started once by globalSetup).
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironmentOptions: { customExportConditions: ['@overlay/source', 'node', 'node-addons'] },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  roots: ['packages', 'services', 'generator', 'infra', 'test'].map((folder) => `<rootDir>/${folder}`),
  modulePathIgnorePatterns: ['/dist/'],
};
const NEEDS_SERVERS = '\\.(pg|kafka|mysql|stack)\\.test\\.ts$';

export default {
  maxWorkers: 2,
  testTimeout: 120_000,
  // Held by `npm run coverage`, which asks the tests that need no servers.
  collectCoverageFrom: ['packages/rules/src/*.ts'],
  coverageReporters: ['text'],
  coverageThreshold: { global: { branches: 95 } },
  reporters: ['default', '<rootDir>/test/counts-reporter.mjs'],
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testRegex: '\\.test\\.ts$',
      testPathIgnorePatterns: ['/node_modules/', NEEDS_SERVERS],
    },
    {
      ...shared,
      displayName: 'stack',
      testRegex: NEEDS_SERVERS,
      globalSetup: '<rootDir>/test/global-setup.mjs',
      globalTeardown: '<rootDir>/test/global-teardown.mjs',
    },
  ],
};
