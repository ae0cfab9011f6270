/** Payload buffers in domain memory. What is behind these names: README.md. */
export { BufferPool } from './buffer-pool.js';
export { indexOf as bufferIndex } from './owner-word.js';
export type { BufferHolder } from './buffer-pool.js';
export { initPool, poolStats, reclaimBuffers } from './pool-control.js';
export type { PoolStats } from './pool-control.js';
export { BlockIds } from './block-ids.js';
