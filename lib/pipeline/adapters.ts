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

/** Items in, results out, in object mode. Destroying it cancels what is in flight. */
export function duplexOf<In, Out>({ pushes, results, optionsOf }: Ends<In, Out>): Duplex {
  const { stream } = pushes;
  return new Duplex({
    objectMode: true,
    write(item: In, _encoding, callback) {
      callbackify(pushItem<In>)(pushes, item, optionsOf, callback);
    },
    final(callback) {
      stream.end();
      callback();
    },
    read() {
      results.next().then(
        ({ done, value }) => {
          if (done !== true && value === null) this.destroy(nullResult());
          else this.push(done === true ? null : value);
        },
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, callback) {
      stream.fail(error ?? new DOMException('the stream was destroyed', 'AbortError'));
      callback(error);
    },
  });
}

/** A pair for `pipeThrough`. Cancelling or aborting either end cancels what is in flight. */
export function transformOf<In, Out>({
  pushes,
  results,
  optionsOf,
}: Ends<In, Out>): ReadableWritablePair<Out, In> {
  const { stream } = pushes;
  const writable = new WritableStream<In>({
    write: (item) => pushItem(pushes, item, optionsOf),
    close: () => stream.end(),
    abort: (reason) => stream.fail(reason),
  });
  const readable = new ReadableStream<Out>(
    {
      async pull(controller) {
        const { done, value } = await results.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => stream.fail(reason),
    },
    { highWaterMark: 0 },
  );
  return { readable, writable };
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
