export { createDomain } from './create-domain.js';
export { Domain } from './domain.js';
export * as fields from './fields.js';
export { Resources } from './resources.js';
export type { ResourceReport } from './resources.js';
export type { SchedulerSeat } from './seat.js';
export type { XstatName, XstatsMode } from './xstats.js';
