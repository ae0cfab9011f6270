/**
 * What the data path calculates with are small integers to V8, whatever the numbers of the spec came
 * out of: an offset that V8 keeps as a float makes all arithmetic with it that of floats.
 */
import v8 from 'node:v8';
import { compileFunction } from 'node:vm';
import { afterAll, expect, test } from '@jest/globals';
import { allocateDomain, planMemory } from '../../lib/control/domain-memory.js';
import { checkSpec } from '../../lib/control/spec-check.js';
import type { DomainPlan } from '../../lib/eventdev/commands.js';
import { attachPort, OP } from '../../lib/index.js';
import type { DomainSpec, Port } from '../../lib/index.js';
import type { PortAttachment } from '../../lib/memory/attachment.js';
import { viewDomain } from '../../lib/memory/attachment.js';
import { small } from '../../lib/memory/small.js';
import { Machine } from '../../lib/scheduler/machine.js';
import { Scheduler } from '../../lib/scheduler/scheduler.js';
import { fresh, inlineDevice, send, take, upTo } from '../contracts/harness.js';

v8.setFlagsFromString('--allow-natives-syntax');
// Parsed here and now, so with the flag; the syntax is none that TypeScript knows.
const isSmall = native('%IsSmi(x)');
const hasFloats = native('%HasDoubleElements(x)');

afterAll(() => {
  v8.setFlagsFromString('--no-allow-natives-syntax');
});

function native(call: string): (x: unknown) => boolean {
  return compileFunction(`return ${call};`, ['x']) as (x: unknown) => boolean;
}

/** The same number as V8 keeps it when it comes out of a calculation with fractions. */
function float(n: number): number {
  return n + 0.5 - 0.5;
}

/** Read when a link is made, not for events; and a time, which is no whole number once it is set. */
const TOLERATED = /\.plan\.links\.\d+\.queue = |\.(?:markedAt|oldestSince) = 0$/;

/** Paths to all whole numbers below `top` that V8 keeps as floats, though they are small enough. */
function floatsIn(top: object): string[] {
  const found: string[] = [];
  const seen = new Set<unknown>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'number') {
      if ((value | 0) === value && !isSmall(value)) found.push(`${path} = ${value}`);
    } else if (typeof value === 'object' && value !== null && !isMemory(value)) {
      if (seen.has(value)) return;
      seen.add(value);
      // What is read of such an array may be small again, but not before it was asked.
      if (Array.isArray(value) && hasFloats(value)) found.push(`${path} = [${value.join(', ')}]`);
      for (const [key, each] of Object.entries(value)) visit(each, `${path}.${key}`);
    }
  };
  visit(top, 'top');
  return found.filter((path) => !TOLERATED.test(path));
}

function isMemory(value: object): boolean {
  return ArrayBuffer.isView(value) || value instanceof SharedArrayBuffer;
}

const PLAIN: DomainSpec = {
  eventsLimit: 4096,
  queues: [
    { type: 'atomic', flows: 1024 },
    { type: 'ordered', sequences: 256 },
    { type: 'ordered', scope: 'flow', flows: 64, sequences: 64 },
    { type: 'parallel', weight: 3, affinity: 7 },
    { type: 'directed' },
    { type: 'any', priority: 7 },
  ],
  ports: [
    { enqueueDepth: 64, newEventThreshold: 1000 },
    { links: [0, 1, 2, 3, 4, 5], dequeueDepth: 32, implicitRelease: false },
    { links: [{ queue: 0, priority: 3 }, 3], implicitRelease: false },
    { links: [0, 1, 3, 5], independentEnqueue: true, implicitRelease: false },
  ],
  buffers: { count: 100, bytes: 1000 },
};

/** Every number of the spec comes out of a calculation. */
const COMPUTED: DomainSpec = {
  eventsLimit: 2 ** Math.log2(float(4096)),
  queues: [
    { type: 'atomic', flows: float(2048) / 2, priority: float(7) },
    { type: 'ordered', sequences: 2 ** Math.log2(float(256)), fragments: float(4) },
    { type: 'ordered', scope: 'flow', flows: float(64), sequences: float(64) },
    { type: 'parallel', weight: float(3), affinity: float(7) },
    { type: 'directed' },
    { type: 'any', flows: float(8192) / 2, sequences: float(1024) },
  ],
  ports: [
    { enqueueDepth: float(64), newEventThreshold: float(8192) / 2 - 1000 },
    { links: [0, 1, 2, 3, 4, 5].map(float), dequeueDepth: float(32), implicitRelease: false },
    { links: [{ queue: float(0), priority: float(3) }, float(3)], implicitRelease: false },
    { links: [float(1), float(5)], independentEnqueue: true, implicitRelease: false },
  ],
  // In no order that the domain itself uses: objects of one shape share how V8 keeps their numbers.
  buffers: { reserve: float(10), bytes: float(1000), count: float(200) / 2 },
  starvationAvoidance: 1 / 64,
};

/** A large domain without anything that is optional. */
const LARGE: DomainSpec = {
  eventsLimit: 2 ** Math.log2(float(65_536)),
  queues: [{ type: 'parallel' }, { type: 'atomic' }],
  ports: upTo(40).map(() => ({ links: [float(0), float(1)] })),
};

const SPECS = [
  ['written out', PLAIN],
  ['calculated', COMPUTED],
  ['of a large domain', LARGE],
] as const;

function planOf(spec: DomainSpec): DomainPlan {
  const checked = checkSpec(spec);
  const { memory, schedulerMemory, shape } = allocateDomain(planMemory(checked), 0);
  return {
    ...checked,
    domain: 0,
    memory,
    schedulerMemory,
    ringDepth: shape.ringDepth,
    strictLinks: false,
  };
}

test('the check finds whole numbers that V8 keeps as floats', () => {
  const exponent = Math.log2(float(4096));
  const floats = [float(4096), 2 ** exponent, float(8.5) * 2];
  expect(floats.map(isSmall)).toEqual([false, false, false]);
  expect(floats.map((n) => isSmall(small(n)))).toEqual([true, true, true]);
  expect(floatsIn({ list: [1, { n: float(17) }], words: new Int32Array(1), half: 0.5 })).toEqual([
    'top.list.1.n = 17',
  ]);
  expect(floatsIn({ list: [8, 9].map(float) })).toEqual(['top.list = [8, 9]']);
});

test('a specification that is calculated holds floats', () => {
  expect(floatsIn(PLAIN)).toEqual([]);
  expect(floatsIn(COMPUTED)).toEqual(
    expect.arrayContaining([
      'top.eventsLimit = 4096',
      'top.queues.0.flows = 1024',
      'top.ports.1.links = [0, 1, 2, 3, 4, 5]',
      'top.buffers.count = 100',
    ]),
  );
});

test.each(SPECS)('the scheduler holds small integers, with numbers %s', (_, spec) => {
  const machine = new Machine(planOf(spec));
  // It holds something: ports, queues and lanes with all that they have.
  expect([machine.ports.length, machine.lanes.length]).toEqual([
    spec.ports.length,
    spec.queues.length + 2 * spec.queues.filter(({ type }) => type === 'any').length,
  ]);
  expect(floatsIn(machine)).toEqual([]);
});

test.each(SPECS)(
  'an attachment and its layout hold small integers, with numbers %s',
  async (_, spec) => {
    const device = await inlineDevice();
    const domain = await device.createDomain(spec);
    for (const id of spec.ports.keys()) {
      const attachment = domain.attachment(id);
      expect(floatsIn(attachment)).toEqual([]);
      const { words, layout } = viewDomain(attachment);
      expect(words.byteLength).toBe(layout.bytes);
      expect(floatsIn(layout)).toEqual([]);
      // As a thread gets it.
      expect(floatsIn(viewDomain(structuredClone(attachment)).layout)).toEqual([]);
    }
  },
);

/** A scheduler on its own, and what attaches to its ports. */
function schedulerWith(spec: DomainSpec): { scheduler: Scheduler; ports: Port[] } {
  const checked = checkSpec(spec);
  const { memory, schedulerMemory, shape } = allocateDomain(planMemory(checked), 0);
  const plan = {
    ...checked,
    domain: 0,
    memory,
    schedulerMemory,
    ringDepth: shape.ringDepth,
    strictLinks: false,
  };
  const scheduler = new Scheduler(false, (_, why) => {
    throw new Error(why);
  });
  scheduler.apply({ type: 'open', plan }, () => {});
  scheduler.apply({ type: 'start', domain: 0 }, () => {});
  const bell = new SharedArrayBuffer(4);
  const ports = checked.ports.map((port, portId) => {
    const { independent: independentEnqueue } = port;
    const rest = { kind: 'softdlb.port', portId, memory, bell, shape } as const;
    return attachPort({ ...port, ...rest, independentEnqueue } satisfies PortAttachment);
  });
  return { scheduler, ports };
}

test.each(SPECS)('passes leave small integers behind, with numbers %s', (_, spec) => {
  const { scheduler, ports } = schedulerWith(spec);
  const { machine } = scheduler.domains[0]!;
  let taken = 0;
  for (let round = 0; round < 20; round++) {
    for (const queueId of spec.queues.keys()) {
      send(ports[0]!, ...fresh(9, { queueId, flowId: round % 5, op: OP.NEW }));
    }
    scheduler.pass(round % 7 === 6);
    for (const port of ports) {
      taken += take(port).length;
      port.release(port.outstanding);
    }
  }
  expect(taken).toBeGreaterThan(300);
  expect(floatsIn(machine)).toEqual([]);
});
