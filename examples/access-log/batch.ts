/** What goes from the stage that parses to the stage that counts, and what comes out. */

/** Clients are spread over so many shards by a hash of their names. A shard is a flow: its clients
 *  are counted by one worker at a time. As many as one block can become without asking for more. */
export const SHARDS = 16;

/** Lines of a log, whole ones; then the word that there are no more. */
export type Block = Uint8Array | 'end';

/** Requests in columns, one entry for each: lists of plain values are the cheapest to hand on. */
export interface Requests {
  readonly clients: string[];
  readonly seconds: number[];
  readonly statuses: number[];
  readonly bytes: number[];
}

/** The requests of a shard's clients in one block, in the order of the log. */
export interface Batch {
  readonly shard: number;
  readonly requests: Requests;
  /** Lines that could not be read; those of a whole block are in its first batch. */
  broken: number;
  /** The beginnings of some of them. */
  readonly samples: string[];
  /** This shard has had its last. */
  readonly isLast: boolean;
}

export function emptyBatch(shard: number, isLast = false): Batch {
  const requests = { clients: [], seconds: [], statuses: [], bytes: [] };
  return { shard, requests, broken: 0, samples: [], isLast };
}

export interface ClientCount {
  readonly client: string;
  requests: number;
  bytes: number;
  /** Responses of 400 and more. */
  errors: number;
  /** Requests that came more than half an hour after the one before, the first included. */
  visits: number;
}

/** A gap that is longer begins another visit. */
export const VISIT_GAP_SECONDS = 30 * 60;

export interface ShardCount {
  readonly shard: number;
  readonly clients: ClientCount[];
  readonly broken: number;
  readonly samples: string[];
}
