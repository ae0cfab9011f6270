/** Talking to a device through its socket. */
import { request as startRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { DROPPED_HEADER } from '../control/door/index.js';
import type { ErrorBody } from '../control/door/index.js';
import { nameOf } from '../control/index.js';
import type { TreeValue } from '../index.js';
import { EXIT_FAILED, EXIT_NOTHING_RUNS, Failure } from './failure.js';

/** A device's thread may be busy for a while; one that is busy longer does not answer. */
const PATIENCE_MS = 10_000;

export class Client {
  readonly socket: string;
  readonly #patienceMs: number;

  constructor(socket: string, patienceMs: number = PATIENCE_MS) {
    this.socket = socket;
    this.#patienceMs = patienceMs;
  }

  /** @throws Failure, with the device's own message if it refused */
  async get<T>(path: string): Promise<T> {
    return JSON.parse(await text(await this.#send('GET', path))) as T;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return JSON.parse(await text(await this.#send('POST', path, JSON.stringify(body)))) as T;
  }

  /** The value that there is then, and how many events were dropped for it. */
  async put(path: string, body: unknown): Promise<{ value: TreeValue; dropped: number }> {
    const response = await this.#send('PUT', path, JSON.stringify(body));
    const dropped = Number(response.headers[DROPPED_HEADER] ?? 0);
    return { value: JSON.parse(await text(response)) as TreeValue, dropped };
  }

  /** Each line as it comes. Ends when aborted, or when the device closes. */
  async *lines(path: string, signal: AbortSignal): AsyncGenerator<string> {
    const response = await this.#send('GET', path, undefined, signal);
    try {
      yield* createInterface({ input: response });
    } catch (error) {
      if (!signal.aborted) throw lost(error, this.socket);
    } finally {
      response.destroy();
    }
  }

  async #send(
    method: string,
    path: string,
    body?: string,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const options = { socketPath: this.socket, method, path, headers, agent: false as const };
    const request = startRequest(signal === undefined ? options : { ...options, signal });
    const response = await this.#answer(request, body);
    if (response.statusCode === 200) return response;
    const { code, message, details } = JSON.parse(await text(response)) as ErrorBody;
    throw new Failure(message, EXIT_FAILED, code, details);
  }

  #answer(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const seconds = this.#patienceMs / 1000;
        request.destroy(new Error(`no answer for ${seconds} s: the thread of the device is busy`));
      }, this.#patienceMs);
      request.once('response', (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      request.once('error', (error) => {
        clearTimeout(timer);
        reject(lost(error, this.socket));
      });
      request.end(body);
    });
  }
}

/** A path of the tree as part of a URL. */
export function encoded(path: string): string {
  const names = path.split('/').filter(Boolean).map(nameOf);
  return names.map(encodeURIComponent).join('/');
}

function lost(error: unknown, socket: string): Failure {
  const { code, message } = error as NodeJS.ErrnoException;
  const details = { socket };
  if (code === 'EACCES' || code === 'EPERM') {
    const what = `access to ${socket} is refused: it belongs to another user`;
    return new Failure(what, EXIT_FAILED, 'ERR_DLB_NOT_PERMITTED', details);
  }
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK') {
    const what = `nothing runs: no device answers on ${socket}`;
    return new Failure(what, EXIT_NOTHING_RUNS, 'ERR_DLB_CONTROL_UNAVAILABLE', details);
  }
  const what = `the device does not answer: ${message}`;
  return new Failure(what, EXIT_FAILED, 'ERR_DLB_CONTROL_UNAVAILABLE', details);
}
