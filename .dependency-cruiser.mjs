/** Imports point inwards, without circles (docs/architecture.md). `npm run layers` fails where one does not. */
const core = 'packages/core/src';
/** A slice may import the slices named here and everything below the slices. */
const arrows = {
  tokens: [],
  audit: [],
  revocation: [],
  browser: [],
  logging: [],
  health: [],
  limits: [],
  sessions: ['tokens', 'audit', 'revocation', 'browser'],
  accounts: ['tokens', 'audit', 'revocation', 'browser', 'sessions'],
};
const satellites = [
  'adapter-express',
  'adapter-fastify',
  'adapter-koa',
  'bcrypt',
  'store-postgres',
  'store-redis',
  'testkit',
];
const slices = Object.keys(arrows);
const own = (slice) => `^${core}/(kernel|http|${[slice, ...arrows[slice]].join('|')})/`;
/** Tests, and what only tests share. */
const test = '\\.(test|test-d|cases)\\.ts$';

export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true, viaOnly: { pathNot: 'node_modules' } } },
    {
      name: 'sources-import-no-tests',
      severity: 'error',
      from: { pathNot: test },
      to: { path: `^packages/.*${test}` },
    },
    {
      name: 'kernel-imports-nothing-of-ours',
      severity: 'error',
      from: { path: `^${core}/kernel/`, pathNot: test },
      to: { path: '^packages/', pathNot: `^${core}/kernel/` },
    },
    {
      name: 'http-imports-only-the-kernel',
      severity: 'error',
      from: { path: `^${core}/http/`, pathNot: test },
      to: { path: '^packages/', pathNot: `^${core}/(kernel|http)/` },
    },
    {
      name: 'node-imports-only-http-and-kernel',
      severity: 'error',
      from: { path: `^${core}/node/`, pathNot: test },
      to: { path: '^packages/', pathNot: `^${core}/(kernel|http|node)/` },
    },
    {
      name: 'slices-know-nothing-of-node',
      severity: 'error',
      from: { path: `^${core}/`, pathNot: [test, `^${core}/node/`] },
      to: { path: `^${core}/node/` },
    },
    ...slices.map((slice) => ({
      name: `${slice}-imports-only-along-the-arrows`,
      severity: 'error',
      from: { path: `^${core}/${slice}/`, pathNot: test },
      to: { path: '^packages/', pathNot: own(slice) },
    })),
    {
      name: 'core-imports-three-packages',
      severity: 'error',
      from: { path: `^${core}/`, pathNot: test },
      to: { dependencyTypesNot: ['core', 'local'], pathNot: ['node_modules/(jose|@node-rs/argon2|zod)/', `^${core}/`] },
    },
    ...satellites.map((name) => ({
      name: `${name}-imports-core-by-its-name`,
      severity: 'error',
      from: { path: `^packages/${name}/`, pathNot: test },
      to: {
        path: '^packages/',
        pathNot: [`^packages/${name}/`, `^${core}/index\\.ts$`, `^${core}/[a-z]+/index\\.ts$`],
      },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['@castellan/source', 'import', 'types', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
