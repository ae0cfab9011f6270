/** EventBurst: every field at its place and width, nothing else touched. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DlbError, EventBurst, OP, PRIORITY, REFUSAL, SCHED } from '../../lib/index.js';
import type { EventFields } from '../../lib/index.js';
import { refusalOf } from '../contracts/harness.js';

interface Field {
  readonly name: keyof EventFields;
  readonly bits: number;
  /** Bit of the 128-bit event where it begins. */
  readonly at: number;
  readonly get: (burst: EventBurst, i: number) => number;
  readonly set: (burst: EventBurst, i: number, v: number) => void;
  /** What the setter clears as well. */
  readonly cleared: bigint;
}

/** The bit of a renewal. */
const RENEWAL = 1n << 36n;

function field(name: keyof EventFields, at: number, bits: number, cleared = 0n): Field {
  const setter = `set${name[0]!.toUpperCase()}${name.slice(1)}` as `set${Capitalize<typeof name>}`;
  return { name, bits, at, get: (b, i) => b[name](i), set: (b, i, v) => b[setter](i, v), cleared };
}

const FIELDS: Field[] = [
  field('flowId', 0, 20),
  field('subEventType', 20, 8),
  field('eventType', 28, 4),
  field('op', 32, 2, RENEWAL),
  field('schedType', 38, 2),
  field('queueId', 40, 8),
  field('priority', 48, 8),
  field('implOpaque', 56, 8),
  field('payload', 64, 32),
  field('payloadHigh', 96, 32),
];

/** The 128 bits of event `i`. */
function bitsOf(burst: EventBurst, i: number): bigint {
  let bits = 0n;
  for (let w = 3; w >= 0; w--) bits = (bits << 32n) | BigInt(burst.words[i * 4 + w]! >>> 0);
  return bits;
}

test('the constants are those of eventdev', () => {
  expect(OP).toEqual({ NEW: 0, FORWARD: 1, RELEASE: 2, FRAGMENT: 3 });
  expect(SCHED).toEqual({ ORDERED: 0, ATOMIC: 1, PARALLEL: 2 });
  expect(PRIORITY).toEqual({ HIGHEST: 0, NORMAL: 128, LOWEST: 255 });
  expect(REFUSAL).toEqual({
    NONE: 0,
    CREDIT: 1,
    THRESHOLD: 2,
    RING_FULL: 3,
    NOT_STARTED: 4,
    PORT_DISABLED: 5,
  });
});

describe.each(FIELDS)('$name', ({ name, bits, at, get, set, cleared }) => {
  const max = 2 ** bits - 1;
  const mask = ((1n << BigInt(bits)) - 1n) << BigInt(at);

  test('has its bits and no others', () => {
    const burst = new EventBurst(3);
    for (let i = 0; i < 3; i++) burst.push({ priority: 0 });
    set(burst, 1, max);
    expect([0, 1, 2].map((i) => bitsOf(burst, i))).toEqual([0n, mask, 0n]);
    expect(get(burst, 1)).toBe(max);
    burst.words.fill(-1);
    set(burst, 1, 0);
    expect(bitsOf(burst, 1)).toBe(((1n << 128n) - 1n) ^ mask ^ cleared);
    expect([get(burst, 0), get(burst, 1), get(burst, 2)]).toEqual([max, 0, max]);
  });

  test('is cut to its width, by the setter and by push', () => {
    const burst = new EventBurst(2);
    const wide = 2 ** bits + 1;
    burst.push({ priority: 0, [name]: wide });
    burst.push({ priority: 0 });
    set(burst, 1, wide);
    expect([get(burst, 0), get(burst, 1)]).toEqual([1, 1]);
    expect(bitsOf(burst, 0)).toBe(1n << BigInt(at));
    expect(bitsOf(burst, 1)).toBe(1n << BigInt(at));
  });
});

test('any fields that are pushed are read back, and set ones as well', () => {
  const values = fc.record(
    Object.fromEntries(FIELDS.map(({ name, bits }) => [name, fc.nat({ max: 2 ** bits - 1 })])),
  );
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 5 }), (events) => {
      const pushed = new EventBurst(5);
      const set = new EventBurst(5);
      for (const event of events) {
        const i = pushed.push(event);
        set.push({});
        for (const each of FIELDS) each.set(set, i, event[each.name]!);
      }
      events.forEach((event, i) => {
        expect(Object.fromEntries(FIELDS.map((f) => [f.name, f.get(pushed, i)]))).toEqual(event);
      });
      expect(pushed.words).toEqual(set.words);
    }),
  );
});

test('attempts are the low two reserved bits, 0 to 3', () => {
  const burst = new EventBurst(1);
  burst.push({ op: 3, schedType: 3 });
  for (const attempts of [0, 1, 2, 3]) {
    burst.words[1] = (burst.words[1]! & ~0b1100) | (attempts << 2);
    expect(burst.attempts(0)).toBe(attempts);
  }
  expect([burst.op(0), burst.schedType(0)]).toEqual([3, 3]);
});

test('setRenewal makes a FRAGMENT with a bit of its own, which append copies and setOp clears', () => {
  const burst = new EventBurst(2);
  burst.push({ flowId: 7, queueId: 200, priority: 0, implOpaque: 9, payload: 5 });
  const before = bitsOf(burst, 0);
  burst.setRenewal(0);
  burst.append(burst, 0);
  for (const i of [0, 1]) {
    expect(bitsOf(burst, i)).toBe(before | (3n << 32n) | RENEWAL);
    expect([burst.op(i), burst.attempts(i)]).toEqual([OP.FRAGMENT, 0]);
  }
  burst.setOp(1, OP.FRAGMENT);
  expect(bitsOf(burst, 1)).toBe(before | (3n << 32n));
});

test('payload64 is both halves, unsigned, and is cut to 64 bits', () => {
  const burst = new EventBurst(1);
  burst.push({ payload: 0xffff_fffe, payloadHigh: 0x8000_0001 });
  expect(burst.payload64(0)).toBe(0x8000_0001_ffff_fffen);
  for (const value of [0n, 1n, 0xffff_ffffn, 1n << 32n, (1n << 64n) - 1n, 0xdead_beef_0bad_f00dn]) {
    burst.setPayload64(0, value);
    expect(burst.payload64(0)).toBe(value);
    expect(burst.payload(0)).toBe(Number(value & 0xffff_ffffn));
    expect(burst.payloadHigh(0)).toBe(Number(value >> 32n));
  }
  burst.setPayload64(0, (1n << 64n) + 5n);
  expect(burst.payload64(0)).toBe(5n);
  burst.setPayload64(0, -1n);
  expect(burst.payload64(0)).toBe((1n << 64n) - 1n);
});

test('U1: fields left out are 0 and the priority NORMAL, also in words that were used before', () => {
  const burst = new EventBurst(2);
  burst.words.fill(-1);
  expect(burst.push({})).toBe(0);
  expect(bitsOf(burst, 0)).toBe(BigInt(PRIORITY.NORMAL) << 48n);
  burst.pushNew(0, 0, 0, 0);
  expect(bitsOf(burst, 1)).toBe(bitsOf(burst, 0));
});

test('pushNew makes a NEW event of normal priority', () => {
  const burst = new EventBurst(2);
  burst.words.fill(-1);
  expect(burst.pushNew(9, 0xf_ffff, SCHED.PARALLEL, 0xffff_ffff)).toBe(0);
  expect(Object.fromEntries(FIELDS.map((f) => [f.name, f.get(burst, 0)]))).toEqual({
    flowId: 0xf_ffff,
    subEventType: 0,
    eventType: 0,
    op: OP.NEW,
    schedType: SCHED.PARALLEL,
    queueId: 9,
    priority: PRIORITY.NORMAL,
    implOpaque: 0,
    payload: 0xffff_ffff,
    payloadHigh: 0,
  });
  burst.pushNew(0x101, 0x10_0001, 5, -1);
  expect([burst.queueId(1), burst.flowId(1), burst.schedType(1), burst.payload(1)]).toEqual([
    1, 1, 1, 0xffff_ffff,
  ]);
});

test('append copies all 128 bits, the device’s field included', () => {
  const from = new EventBurst(2);
  from.push({});
  from.push({ implOpaque: 77, payload: 5 });
  from.words.set([0x1234_5678, -0x0fed_cba9, 3, -4], 4);
  const to = new EventBurst(2);
  to.push({ priority: 0 });
  expect(to.append(from, 1)).toBe(1);
  expect(bitsOf(to, 1)).toBe(bitsOf(from, 1));
  expect(bitsOf(to, 0)).toBe(0n);
});

test('length counts what is in use; clear forgets it and returns the burst', () => {
  const burst = new EventBurst(3);
  expect([burst.capacity, burst.length, burst.words.length]).toEqual([3, 0, 12]);
  burst.push({});
  burst.pushNew(0, 0, 0, 0);
  expect(burst.length).toBe(2);
  expect(burst.clear()).toBe(burst);
  expect([burst.length, burst.push({})]).toEqual([0, 0]);
});

test.each([
  ['push', (b: EventBurst) => b.push({ payload: 9 })],
  ['pushNew', (b: EventBurst) => b.pushNew(0, 0, 0, 9)],
  ['append', (b: EventBurst) => b.append(b, 0)],
])('%s into a full burst throws and changes nothing', async (_, add) => {
  const burst = new EventBurst(2);
  burst.push({ payload: 1 });
  burst.push({ payload: 2 });
  const error = await refusalOf(() => add(burst));
  expect(error).toBeInstanceOf(DlbError);
  expect(error.code).toBe('ERR_DLB_BURST_FULL');
  expect(error.message).toMatch(/capacity=2$/);
  expect([burst.length, burst.payload(0), burst.payload(1)]).toEqual([2, 1, 2]);
});

test.each([0, -1, 1.5, Number.NaN, Infinity, 65537, '4' as unknown as number])(
  'a capacity of %p is refused',
  async (capacity) => {
    const error = await refusalOf(() => new EventBurst(capacity));
    expect(error.code).toBe('ERR_DLB_INVALID_CAPACITY');
    expect(error.details).toMatchObject({ field: 'capacity', min: 1, max: 65536 });
  },
);

test('the largest capacity is 65536', () => {
  expect(new EventBurst(65536).words).toHaveLength(4 * 65536);
});
