export { Scheduler } from './scheduler.js';
export { recoverDomain } from './recovery.js';
