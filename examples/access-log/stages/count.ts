/**
 * Stage 2, sticky by shard: counts each client's requests. A shard stays with one worker, so the
 * counts are variables of this module, and nobody locks anything.
 */
import { VISIT_GAP_SECONDS } from '../batch.js';
import type { Batch, ClientCount, Requests, ShardCount } from '../batch.js';

interface Shard {
  readonly clients: Map<string, ClientCount & { latest: number }>;
  broken: number;
  readonly samples: string[];
}

const SAMPLES = 5;
const FIRST_ERROR = 400;
const shards = new Map<number, Shard>();

/** The flow of a batch at this stage. */
export function shard(batch: Batch): number {
  return batch.shard;
}

/** Nothing until the last batch of a shard, then all that its clients did. */
export function count(batch: Batch): ShardCount | undefined {
  const state = stateOf(batch.shard);
  for (let i = 0; i < batch.requests.clients.length; i++) countRequest(state, batch.requests, i);
  state.broken += batch.broken;
  state.samples.push(...batch.samples.slice(0, SAMPLES - state.samples.length));
  if (!batch.isLast) return undefined;
  shards.delete(batch.shard);
  const clients = [...state.clients.values()].map(({ latest: _latest, ...counts }) => counts);
  return { shard: batch.shard, clients, broken: state.broken, samples: state.samples };
}

function stateOf(number: number): Shard {
  let state = shards.get(number);
  if (state === undefined) {
    state = { clients: new Map(), broken: 0, samples: [] };
    shards.set(number, state);
  }
  return state;
}

function countRequest({ clients }: Shard, requests: Requests, i: number): void {
  const client = requests.clients[i]!;
  const seconds = requests.seconds[i]!;
  let counts = clients.get(client);
  if (counts === undefined) {
    counts = { client, requests: 0, bytes: 0, errors: 0, visits: 0, latest: -Infinity };
    clients.set(client, counts);
  }
  counts.requests++;
  counts.bytes += requests.bytes[i]!;
  if (requests.statuses[i]! >= FIRST_ERROR) counts.errors++;
  if (seconds - counts.latest > VISIT_GAP_SECONDS) counts.visits++;
  // A line is written when its response is through, so times may go back a little.
  counts.latest = Math.max(counts.latest, seconds);
}
