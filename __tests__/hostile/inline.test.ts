/** Hostile memory, step by step, thousands of times: see the program. */
import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { runChild } from '../contracts/threads/run-child.js';

const PROGRAM = new URL('inline.program.js', import.meta.url).href;
const SEEDS = 400;
const random = randomInt(2 ** 30);

test.each([0, random])(
  'no way to overwrite a domain harms another, or ends anything: seeds from %i on',
  async (first) => {
    expect(await runChild(PROGRAM, [first, SEEDS])).toEqual({ seeds: SEEDS });
  },
);
