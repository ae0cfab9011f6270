/** Runs what `tsc` emitted: ts-jest does not know this TypeScript, and threads load .js files. */
export default {
  // Only emitted tests are crawled, so no copy of the package elsewhere can collide with them.
  roots: ['<rootDir>/dist/__tests__'],
  testMatch: ['**/*.test.js'],
  testEnvironment: 'node',
  transform: {},
  // Tests start threads that spin, on top of that: with two at a time the suite takes 240 s on two cores,
  // with one 410 s; more would only take each other's cores.
  maxWorkers: 2,
  testTimeout: 60_000,
};
