import { describe, expect, test } from '@jest/globals';
import { importLadder } from './ladder.js';

function problems(path: string, ...lines: string[]): string[] {
  return importLadder(new Map([[path, lines.join('\n')]]));
}

describe('the ladder allows', () => {
  test.each([
    ['lib/ring/producer.ts', "import { observe } from '#words';"],
    ['lib/ring/producer.ts', "import type { Fence } from './fence.js';"],
    ['lib/ring/producer.ts', "// import { x } from '../port/port.js';"],
    ['lib/control/tree/node.ts', "import { check } from '../check.js';"],
    ['lib/control/domain.ts', "import type { Worker } from 'node:worker_threads';"],
    ['lib/control/door/door.ts', "import { createServer } from 'node:http';"],
    ['lib/control/door/door.ts', "import { Domain } from '../domain.js';"],
    ['lib/device/open.ts', "import { Worker } from 'node:worker_threads';"],
    ['lib/padata/pool.ts', "import { Piscina } from 'piscina';"],
    ['lib/cli/main.ts', "import { openDevice } from '../index.js';"],
    ['lib/index.ts', "export { Port } from './port/port.js';\nexport * from './padata/pool.js';"],
    ['workers/scheduler.ts', "import { Scheduler } from '../lib/scheduler/scheduler.js';"],
    ['workers/stage.ts', "import { runStage } from '../lib/pipeline/stage.js';"],
    ['examples/first/main.ts', "import { openDevice } from '../../lib/index.js';"],
    ['examples/first/main.ts', "import { openDevice } from 'softdlb';"],
    ['examples/first/main.ts', "import { packets } from './packets.js';"],
    ['bench/limits/ring.ts', "import { RingProducer } from '../../lib/ring/producer.js';"],
    ['__tests__/ring/ring.test.ts', "import { x } from '../../lib/anything/at-all.js';"],
  ])('%s: %s', (path, line) => {
    expect(problems(path, line)).toEqual([]);
  });
});

describe('the ladder refuses', () => {
  test.each([
    ['lib/ring/producer.ts', "import { Port } from '../port/port.js';", 'ladder'],
    ['lib/ring/producer.ts', "import type { Port } from '../port/port.js';", 'ladder'],
    ['lib/port/port.ts', "import { Scheduler } from '../scheduler/scheduler.js';", 'ladder'],
    ['lib/port/port.ts', "export * from '../control/domain.js';", 'ladder'],
    ['lib/port/port.ts', "import '../index.js';", 'ladder'],
    ['lib/port/port.ts', "const { x } = await import('../device/open.js');", 'ladder'],
    ['lib/eventdev/event.ts', "import { observe } from '#words';", 'ladder'],
    ['lib/explore/explore.ts', "import { LINE_WORDS } from '../memory/lines.js';", 'ladder'],
    ['lib/device/open.ts', "import { loop } from '../../workers/scheduler.js';", 'ladder'],
    ['examples/first/main.ts', "import { Port } from '../../lib/port/port.js';", 'ladder'],
    ['examples/first/main.ts', "import { machine } from '../../bench/machine.js';", 'ladder'],
    ['bench/main.ts', "import { RingProducer } from '../lib/ring/producer.js';", 'ladder'],
    ['workers/stage.ts', "import { Port } from '../lib/port/port.js';", 'ladder'],
    ['lib/port/port.ts', "import { observe } from '../memory/words.js';", '#words'],
    ['lib/memory/signal.ts', "import { wake } from './words.js';", '#words'],
    ['lib/mempool/pool.ts', "import { randomInt } from 'node:crypto';", 'nothing from Node'],
    ['lib/memory/layout.ts', "import type { Worker } from 'node:worker_threads';", 'nothing'],
    ['lib/control/tree/tree.ts', "import { openDoor } from '../door/door.js';", 'ladder'],
    ['lib/control/tree/tree.ts', "import { createServer } from 'node:http';", 'only types'],
    ['lib/control/domain.ts', "import { Worker } from 'node:worker_threads';", 'only types'],
    ['lib/control/domain.ts', "import type { Socket } from 'node:net';", 'only types'],
    ['lib/scheduler/pass.ts', "import chalk from 'chalk';", 'no npm packages'],
    ['workers/stage.ts', "import { Piscina } from 'piscina';", 'no npm packages'],
  ])('%s: %s', (path, line, why) => {
    expect(problems(path, line)).toEqual([expect.stringContaining(why)]);
  });
});

test('an import over several lines is found, on the line where it begins', () => {
  expect(
    problems('lib/port/port.ts', '', 'import {', '  a,', '  b,', "} from '../control/domain.js';"),
  ).toEqual(['lib/port/port.ts:2: imports ../control/domain.js: not below it on the ladder']);
});

test('a worker is the entry of one thing', () => {
  expect(
    problems(
      'workers/both.ts',
      "import { runStage } from '../lib/pipeline/stage.js';",
      "import { Scheduler } from '../lib/scheduler/scheduler.js';",
      "import { park } from '../lib/idle/park.js';",
    ),
  ).toEqual(['workers/both.ts:1: imports ../lib/pipeline/stage.js: not below it on the ladder']);
});

test('a folder that the ladder does not know is refused', () => {
  expect(problems('lib/utils/all.ts')).toEqual(['lib/utils/all.ts:1: is in no room of the ladder']);
});
