/** `context.signal`: aborted for the run or call of the item, and for no other. */
import { expect, test } from '@jest/globals';
import { CallScope } from '../../lib/crew/call-scope.js';
import { stage } from '../../lib/pipeline/index.js';
import { Board, NO_SESSION } from '../../lib/pipeline/board.js';
import { OpenSignals } from '../../lib/pipeline/open-signals.js';
import { Sessions } from '../../lib/pipeline/sessions.js';
import type * as signals from './modules/signals.js';
import { collect, moduleUrl, turns, withPipeline } from './pipelines.js';

const module = moduleUrl('signals');

test.each(['listen', 'listenLater'] as const)(
  'L6: a signal is aborted for its own call, not for a later one: %s',
  async (handler) => {
    const context = new SharedArrayBuffer(16);
    const words = new Int32Array(context);
    const listen = stage<typeof signals.listenLater>({ module, handler, context });
    await withPipeline({ stages: [listen], workers: 1 }, async (pipeline) => {
      const own = { isShared: false, isOne: true };
      const over = new AbortController();
      expect(await pipeline.call({ word: 1 }, { signal: over.signal })).toEqual(own);
      const aborted = new AbortController();
      const call = pipeline.call({ word: 2, isOpen: true }, { signal: aborted.signal });
      while (Atomics.load(words, 0) === 0) await turns(1);
      aborted.abort();
      await expect(call).rejects.toMatchObject({ name: 'AbortError' });
      while (Atomics.load(words, 2) === 0) await turns(1);
      // Nobody can abort these: what listens goes with the call.
      for (let i = 0; i < 3; i++) expect(await pipeline.call({ word: 3 })).toEqual(own);
      const shared = { ...own, isShared: true };
      expect(await collect(pipeline.run([{ word: 3 }, { word: 3 }]))).toEqual([own, shared]);
      over.abort();
      await pipeline.call({ word: 3 });
      expect([...words]).toEqual([1, 0, 1, 0]);
    });
  },
);

test('L6: a session that is used again is another', () => {
  const board = new Board(1, 1);
  const sessions = new Sessions(board);
  const open = new OpenSignals(board, new CallScope());
  const first = sessions.open();
  const ended = open.of(first);
  expect(open.of(first)).toBe(ended);
  sessions.close(first);
  let again = sessions.open();
  for (; again !== first; again = sessions.open()) sessions.close(again);
  const later = open.of(again);
  expect(later).not.toBe(ended);
  sessions.cancel(again);
  open.check();
  expect([ended.aborted, later.aborted]).toEqual([false, true]);
  expect(open.isOpen).toBe(false);
  expect(open.of(again).aborted).toBe(true);
});

test('L6: a session that was cancelled and is over is heard of at the next look', () => {
  const board = new Board(1, 1);
  const sessions = new Sessions(board);
  const open = new OpenSignals(board, new CallScope());
  const [cancelled, ended] = [sessions.open(), sessions.open()];
  const signals = [open.of(cancelled), open.of(ended)];
  sessions.cancel(cancelled);
  for (const session of [cancelled, ended]) sessions.close(session);
  sessions.open();
  open.check();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  expect(open.isOpen).toBe(false);
  expect(open.of(NO_SESSION)).not.toBe(open.of(NO_SESSION));
  expect(open.isOpen).toBe(false);
});
