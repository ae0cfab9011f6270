/**
 * One scheduler thread and the channel to it; a seat starts another when it dies.
 */
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { Command, Reply } from '../eventdev/commands.js';

const ENTRY = new URL('../../workers/scheduler.js', import.meta.url);

/** What the worker says: the answer to a command, that a domain has alerts for who waits for them, or
 *  that it gave a domain up. */
export type Message =
  | { readonly id: number; readonly reply: Reply }
  | { readonly alerts: number }
  | { readonly domain: number; readonly why: string };

/** The id of the message that ends the worker. */
const END = -1;

export class SchedulerWorker {
  readonly #commands: MessagePort;
  readonly #worker: Worker;
  #why: string | null = null;

  /**
   * @param onMessage is told everything the worker said, in order.
   * @param onExit then, once, why it ended: nothing of it runs any more.
   */
  constructor(
    name: string,
    bell: SharedArrayBuffer,
    onMessage: (message: Message) => void,
    onExit: (why: string) => void,
  ) {
    const { port1, port2 } = new MessageChannel();
    this.#commands = port1;
    this.#worker = new Worker(ENTRY, {
      name,
      // The entry is plain JavaScript: options for the main script do not concern it.
      execArgv: [],
      workerData: { bell, commands: port2 },
      transferList: [port2],
    });
    port1.on('message', onMessage);
    port1.unref();
    this.#worker.on('error', (error: Error) => (this.#why ??= error.message));
    this.#worker.once('exit', (code) => {
      // What it said before it died counts.
      for (let got = receiveMessageOnPort(port1); got; got = receiveMessageOnPort(port1)) {
        onMessage(got.message as Message);
      }
      port1.close();
      onExit(this.#why ?? `the worker exited with code ${code}`);
    });
    this.#worker.unref();
  }

  /** The message is in the worker's queue when this returns. */
  post(id: number, command: Command): void {
    this.#commands.postMessage({ id, command });
  }

  /** Lets the loop end by itself, so that nothing is cut short. */
  end(): void {
    this.#worker.ref();
    this.#commands.postMessage({ id: END, command: null });
  }

  /** Whether the worker keeps the process alive. */
  hold(isHeld: boolean): void {
    if (isHeld) this.#worker.ref();
    else this.#worker.unref();
  }
}
