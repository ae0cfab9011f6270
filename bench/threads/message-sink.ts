/** The receiving thread of the postMessage peers: takes events in any of their forms. */
import { parentPort, workerData } from 'node:worker_threads';
import { Arrivals } from '../workload.js';
import type { Tally } from '../workload.js';

export interface SinkData {
  readonly flowTable: Int32Array;
}

export interface SinkReport {
  /** This many more have been taken. */
  readonly seen: number;
  /** Of the whole run, when it was asked for. */
  readonly tally: Tally | undefined;
}

interface PlainEvent {
  readonly flow: number;
  readonly payload: number;
}

/** Events between two reports to the sender: an eighth of its window. */
const REPORT_EVERY = 1024;
const QE_WORDS = 4;

const main = parentPort!;
const arrivals = new Arrivals((workerData as SinkData).flowTable);
let reported = 0;

function takeWords(block: Int32Array): void {
  for (let at = 0; at < block.length; at += QE_WORDS) {
    arrivals.takeOne(block[at]!, block[at + 2]!);
  }
}

function report(tally?: Tally): void {
  main.postMessage({ seen: arrivals.received - reported, tally } satisfies SinkReport);
  reported = arrivals.received;
}

main.on('message', (message: 'tally' | Int32Array | PlainEvent | PlainEvent[]) => {
  if (message === 'tally') {
    report(arrivals.tally());
    return;
  }
  if (message instanceof Int32Array) takeWords(message);
  else if (Array.isArray(message)) {
    for (const { flow, payload } of message) arrivals.takeOne(flow, payload);
  } else arrivals.takeOne(message.flow, message.payload);
  if (arrivals.received - reported >= REPORT_EVERY) report();
});
