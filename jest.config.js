/** Runs what `tsc` emitted: ts-jest does not know this TypeScript, and threads load .js files. */
export default {
  // Only emitted tests are crawled, so no copy of the package elsewhere can collide with them.
  roots: ['<rootDir>/dist/__tests__'],
  testMatch: ['**/*.test.js'],
  testEnvironment: 'node',
  transform: {},
  // Tests start threads that spin: a second test file beside them would take their cores.
  maxWorkers: 1,
  testTimeout: 60_000,
};
