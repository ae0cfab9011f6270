/** softdlb/explore: every interleaving of code that shares memory. README.md says how. */
export { ExploreError } from './errors.js';
export type { Finding } from './errors.js';
export { Exploration } from './exploration.js';
export type { Outcome } from './exploration.js';
export { explore, prepared, replay } from './explore.js';
export type { ExploreOptions, PreparedCode, Replay, Results } from './explore.js';
export type { Scenario, ThreadCode } from './explore.js';
export type { Hint, Naming } from './memory.js';
export { add, and, compareExchange, currentRun, exchange, load, notify } from './primitives.js';
export { or, store, unordered, wait, xor } from './primitives.js';
export { shared } from './shared.js';
