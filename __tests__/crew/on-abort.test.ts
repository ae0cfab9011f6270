/** Following a signal: once, with one listener, and nothing is left behind. */
import { getEventListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import { onAbort } from '../../lib/crew/on-abort.js';

function listenersOf(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}

test('U5: whoever follows a signal is called once, and the signal has one listener', () => {
  const controller = new AbortController();
  const { signal } = controller;
  const called: number[] = [];
  const ends = Array.from({ length: 20 }, (_, i) => onAbort(signal, () => called.push(i)));
  expect(listenersOf(signal)).toBe(1);
  for (const end of ends.slice(0, 18)) end();
  ends[0]!();
  expect(listenersOf(signal)).toBe(1);
  controller.abort();
  expect(called).toEqual([18, 19]);
  expect(listenersOf(signal)).toBe(0);
  ends[19]!();
  onAbort(signal, () => called.push(20));
  expect(called).toEqual([18, 19, 20]);
});

test('U5: the last one to leave takes the listener along, and one may leave while others are called', () => {
  const controller = new AbortController();
  const { signal } = controller;
  const twice = (): void => {};
  const ends = [onAbort(signal, twice), onAbort(signal, twice)];
  ends[0]!();
  expect(listenersOf(signal)).toBe(1);
  ends[1]!();
  expect(listenersOf(signal)).toBe(0);
  const called: string[] = [];
  onAbort(signal, () => {
    called.push('first');
    endSecond();
  });
  const endSecond = onAbort(signal, () => called.push('second'));
  controller.abort();
  expect(called).toEqual(['first']);
  expect(listenersOf(signal)).toBe(0);
});
