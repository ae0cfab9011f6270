export { attachPort } from './attach.js';
export type { Port } from './port.js';
export type { ReadyOptions } from './ready.js';
