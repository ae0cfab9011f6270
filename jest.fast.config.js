/** `npm run test:fast`: what needs no thread, no process, and no minute. */
import config from './jest.config.js';

/** Rooms that start threads or processes. */
const ROOMS = [
  'api',
  'bench',
  'cli',
  'contracts/threads',
  'device',
  'examples',
  'hostile',
  'mutants',
  'padata',
  'pipeline',
  'recovery',
  'simulator',
  'stress',
];
/** Files of other rooms that do. */
const FILES = [
  'conformance/dlb2-selftest',
  'conformance/sw-loopback',
  'contracts/c11-quiet',
  'control/cp-alerts',
  'control/cp-reset',
  'control/hostile-tenants',
  'control/quota',
  'control/reset-failed',
  'control/tree-tenants',
  'control/virtual',
  'control/xstats',
  'mempool/threads',
  'port/await-credits',
  'port/await-threshold',
  'scheduler/why',
];
/** Files that search through many histories. */
const LONG = [
  'contracts/c08-adaptive',
  'contracts/properties',
  'control/door',
  'control/ledger-properties',
  'control/mailbox',
  'control/relay',
  'interleaving/credit',
  'interleaving/handover',
  'mempool/schedules',
  'scheduler/names',
];

export default {
  ...config,
  setupFiles: ['<rootDir>/dist/__tests__/no-threads.js'],
  testPathIgnorePatterns: [
    ...ROOMS.map((room) => `/dist/__tests__/${room}/`),
    ...[...FILES, ...LONG].map((file) => `/dist/__tests__/${file}\\.test\\.js$`),
  ],
};
