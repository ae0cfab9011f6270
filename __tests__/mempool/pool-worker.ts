/** A thread of threads.test.ts: waits for the word, does its share, says what it did, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import type { PoolShape } from '../../lib/memory/layout.js';
import { BufferPool } from '../../lib/mempool/index.js';
import { churn, SHARED } from './churn.js';
import { mapPool } from './pool-memory.js';

export interface Share {
  readonly memory: SharedArrayBuffer;
  readonly shared: SharedArrayBuffer;
  readonly shape: PoolShape;
  readonly portId: number;
  readonly outstanding: number;
  readonly rounds: number;
}

const share = workerData as Share;
const { memory, words, layout } = mapPool(share.shape, share.memory);
const pool = new BufferPool(memory, words, layout, share.portId, share);
const shared = new Int32Array(share.shared);

parentPort!.postMessage('ready');
Atomics.wait(shared, SHARED.GO, 0);
parentPort!.postMessage(churn(pool, shared, share.rounds));
