/** A stream of the pipeline as Node and Web streams. */
import { Duplex } from 'node:stream';
import { callbackify } from 'node:util';
import { ReadableStream, WritableStream } from 'node:stream/web';
import type { ReadableWritablePair } from 'node:stream/web';
import { DlbError } from '../eventdev/errors.js';
import type { ItemOptions } from './contract.js';
import type { Pushes } from './pushes.js';
import type { Run } from './run.js';

/** What an adapter is made of: a stream of its own, to push into and to read from. */
export interface Ends<In, Out> {
  readonly pushes: Pushes;
  readonly results: Run<Out>;
  readonly optionsOf: (item: In) => ItemOptions;
}

/**
 * Items in, results out, in object mode. Destroying it cancels what is in flight. It is in use, and told of the end,
 * from the first listener on: what connects streams listens before anything is written or read.
 */
export function duplexOf<In, Out>({ pushes, results, optionsOf }: Ends<In, Out>): Duplex {
  const { stream } = pushes;
  let isReading = false;
  const duplex = new Duplex({
    objectMode: true,
    write(item: In, _encoding, callback) {
      callbackify(pushItem<In>)(pushes, item, optionsOf, callback);
    },
    final(callback) {
      pushes.end();
      callback();
    },
    read() {
      isReading = true;
      results.next().then(
        ({ done, value }) => {
          isReading = false;
          if (done !== true && value === null) this.destroy(nullResult());
          else this.push(done === true ? null : value);
        },
        (reason: unknown) => this.destroy(errorOf(reason)),
      );
    },
    destroy(error, callback) {
      stream.fail(error ?? destroyed());
      callback(error);
    },
  });
  stream.onFailed = (reason) => duplex.destroy(errorOf(reason));
  const endUnread = async (reason: unknown): Promise<void> => {
    while (stream.failure === undefined && !stream.isThrough) await stream.changes.next();
    // A reader gets what there is first.
    if (!isReading && stream.waiting + duplex.readableLength === 0) duplex.destroy(errorOf(reason));
  };
  stream.onUnwanted = (reason) => void endUnread(reason);
  duplex.once('newListener', () => queueMicrotask(() => stream.begin()));
  return duplex;
}

/**
 * A pair for `pipeThrough`. Cancelling or aborting either end cancels what is in flight. It is in use, and told of the
 * end, when one of its ends has been asked for.
 */
export function transformOf<In, Out>({
  pushes,
  results,
  optionsOf,
}: Ends<In, Out>): ReadableWritablePair<Out, In> {
  const { stream } = pushes;
  const writable = new WritableStream<In>({
    start: (controller) => void (stream.onUnwanted = (reason) => controller.error(reason)),
    async write(item) {
      try {
        await pushItem(pushes, item, optionsOf);
      } catch (reason) {
        // The other end is told as well.
        stream.fail(reason);
        throw reason;
      }
    },
    close: () => pushes.end(),
    abort: (reason) => stream.fail(reason),
  });
  const readable = new ReadableStream<Out>(
    {
      // Does nothing to an end that is closed, or has its reason; nor does that of the other.
      start: (controller) => void (stream.onFailed = (reason) => controller.error(reason)),
      async pull(controller) {
        const { done, value } = await results.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => stream.fail(reason),
    },
    { highWaterMark: 0 },
  );
  return {
    get readable() {
      stream.begin();
      return readable;
    },
    get writable() {
      stream.begin();
      return writable;
    },
  };
}

/** What a Node stream can be destroyed with: it takes nothing falsy for an error. */
function errorOf(reason: unknown): Error {
  return (reason as Error | undefined) || destroyed();
}

function destroyed(): DOMException {
  return new DOMException('the stream was destroyed', 'AbortError');
}

/** For a Node stream, null is its end. */
function nullResult(): DlbError {
  const what = 'a Node stream cannot carry null: use run, or a Web stream';
  return new DlbError('ERR_DLB_INVALID_ARGUMENT', what, { field: 'result', result: null });
}

async function pushItem<In>(
  pushes: Pushes,
  item: In,
  optionsOf: (item: In) => ItemOptions,
): Promise<void> {
  await pushes.push(item, optionsOf(item));
}
