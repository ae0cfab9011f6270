/** Runs what `tsc` emitted: ts-jest does not know this TypeScript, and threads load .js files. */
export default {
  // Only emitted tests are crawled, so no copy of the package elsewhere can collide with them.
  roots: ['<rootDir>/dist/__tests__'],
  testMatch: ['**/*.test.js'],
  testEnvironment: './jest.environment.js',
  transform: {},
  // Tests start threads that spin, on top of that: two files at a time take 0.6 of what one takes on two cores;
  // more would only take each other's cores.
  maxWorkers: 2,
  testTimeout: 60_000,
};
