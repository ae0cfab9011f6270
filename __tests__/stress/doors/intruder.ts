/** Sends whatever there is, at whatever rate, through the mailbox of a tenant and through both doors. */
import { request } from 'node:http';
import { createConnection } from 'node:net';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VirtualDeviceHandle } from '../../../lib/index.js';
import { Random } from '../random.js';
import { letterOf, textOf } from './bodies.js';

export interface IntruderData {
  readonly seed: number;
  readonly handle: VirtualDeviceHandle;
  readonly socket: string;
  readonly address: string;
  readonly visitMs: number;
}

/** Counted for the report only. */
export type Knocks = Record<'letters' | 'unsendable' | 'requests' | 'connections', number>;

const PATHS = [
  '/apply',
  '/tree/domains/9/state',
  '/tree/device/name',
  '/why?queue=',
  '/nodes/?all',
];

class Intruder {
  readonly #random: Random;
  readonly #data: IntruderData;
  readonly knocks: Knocks = { letters: 0, unsendable: 0, requests: 0, connections: 0 };
  #isOver = false;

  constructor(data: IntruderData) {
    this.#data = data;
    this.#random = new Random(data.seed);
  }

  async run(): Promise<void> {
    const { mailbox } = this.#data.handle;
    mailbox.on('message', () => {});
    // It was cut off: the next one comes.
    mailbox.on('close', () => (this.#isOver = true));
    mailbox.postMessage({ kind: 'request', id: 1, command: 'register', body: { min: 1, max: 2 } });
    const until = performance.now() + this.#data.visitMs;
    while (!this.#isOver && performance.now() < until) {
      const count = this.#random.pick([1, 1, 1, 3, 10, 100, 1200]);
      const isOneKind = this.#random.onceIn(3);
      let letter = letterOf(this.#random);
      for (let i = 0; i < count && performance.now() < until; i++) {
        this.#post(letter);
        if (!isOneKind) letter = letterOf(this.#random);
      }
      if (this.#random.onceIn(3)) this.#ask();
      if (this.#random.onceIn(10)) this.#connect();
      await sleep(this.#random.below(20));
    }
  }

  #post({ message, transfer }: ReturnType<typeof letterOf>): void {
    try {
      this.#data.handle.mailbox.postMessage(message, [...transfer]);
      this.knocks.letters++;
    } catch {
      this.knocks.unsendable++;
    }
  }

  /** Through the socket, as the owner may, or over loopback, as a stranger. */
  #ask(): void {
    this.knocks.requests++;
    const { hostname, port } = new URL(this.#data.address);
    const to = this.#random.onceIn(2)
      ? { socketPath: this.#data.socket }
      : { hostname, port, headers: { authorization: `Bearer ${this.#random.word()}` } };
    const asked = request({
      ...to,
      path: this.#random.pick(PATHS),
      method: this.#random.pick(['GET', 'PUT', 'POST', 'DELETE']),
      headers: { 'content-type': 'application/json', ...to.headers },
      agent: false,
    });
    asked.on('error', () => {});
    asked.once('response', (response) => response.on('error', () => {}).resume());
    // Some never end.
    if (this.#random.onceIn(5)) asked.write('[');
    else asked.end(textOf(this.#random));
  }

  #connect(): void {
    const { hostname, port } = new URL(this.#data.address);
    const count = this.#random.pick([1, 10, 80]);
    this.knocks.connections += count;
    for (let i = 0; i < count; i++) {
      createConnection(Number(port), hostname)
        .on('error', () => {})
        .unref();
    }
  }
}

if (!isMainThread) {
  const intruder = new Intruder(workerData as IntruderData);
  await intruder.run();
  parentPort!.postMessage(intruder.knocks);
  // What hangs on connections ends with the thread.
  process.exit();
}
