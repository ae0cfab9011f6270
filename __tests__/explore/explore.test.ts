import { describe, expect, test } from '@jest/globals';
import { add, compareExchange, explore, ExploreError, load } from '../../lib/explore/index.js';
import {
  notify,
  prepared,
  replay,
  shared,
  store,
  unordered,
  wait,
} from '../../lib/explore/index.js';
import type { Scenario } from '../../lib/explore/index.js';

type Words = Int32Array;

/** Two words, DATA read and written plainly, FLAG atomically. */
const DATA = 0;
const FLAG = 1;
const memory = (): Words => shared(4, { name: 'mail', label: (at) => ['data', 'flag'][at] });

function errorOf(run: () => unknown): ExploreError {
  try {
    run();
  } catch (error) {
    return error as ExploreError;
  }
  throw new Error('nothing was found');
}

const mail = {
  memory,
  threads: {
    sender: (words: Words): void => {
      words[DATA] = 42;
      store(words, FLAG, 1);
    },
    receiver: (words: Words) => (load(words, FLAG) === 1 ? words[DATA]! : -1),
  },
  final: (_: Words, { receiver }: { readonly receiver: number }) => `got ${receiver}`,
};

describe('all schedules', () => {
  const counting = (threads: number, steps: number): Scenario<Words> => ({
    memory,
    threads: Object.fromEntries(
      Array.from({ length: threads }, (_, i) => [
        `thread${i}`,
        (words: Words): void => {
          for (let step = 0; step < steps; step++) add(words, i, 1);
        },
      ]),
    ),
    final: (words) => [...words.subarray(0, threads)].join(),
  });

  test.each([
    [2, 8, 12_870],
    [3, 4, 34_650],
  ])('of %i threads of %i steps are %i', (threads, steps, schedules) => {
    const seen = explore(counting(threads, steps));
    expect(seen.schedules).toBe(schedules);
    expect(Object.values(seen.longest)).toEqual(Array.from({ length: threads }, () => steps));
  });

  test('are one if no steps depend on each other, with reduction', () => {
    expect(explore(counting(3, 8), { reduce: true }).schedules).toBe(1);
  });

  test('come in the same order each time', () => {
    const run = (): unknown => [...explore(mail).outcomes];
    expect(run()).toEqual(run());
  });
});

describe('outcomes', () => {
  const lostUpdate = {
    memory,
    threads: {
      a: (words: Words): void => store(words, FLAG, load(words, FLAG) + 1),
      b: (words: Words): void => store(words, FLAG, load(words, FLAG) + 1),
    },
    final: (words: Words) => `${words[FLAG]}`,
  };

  test('are those of all schedules', () => {
    explore(lostUpdate).allow('1', '2').never('0', /3/);
  });

  test('that are not allowed come with their schedule', () => {
    const error = errorOf(() => explore(lostUpdate).allow('2'));
    expect(error).toMatchObject({ finding: 'outcome', schedule: 'a b*2 a' });
    expect(error.message).toContain('not allowed: 1');
    expect(replay(lostUpdate, error.schedule).outcome).toBe('1');
  });

  test('that never come are not to be allowed', () => {
    expect(() => explore(lostUpdate).allow('1', '2', '3')).toThrow('no schedule ends so: 3');
    expect(() => explore(lostUpdate).never(/1/)).toThrow('never: 1');
  });

  test('end the search when it is only until one of them', () => {
    expect(explore(lostUpdate, { until: /1/ }).schedules).toBeLessThan(6);
    expect(explore(lostUpdate, { schedules: 6 }).schedules).toBe(6);
  });

  test('are the results of the threads, unless said otherwise', () => {
    explore({ memory, threads: { a: () => 1, b: () => 'x' } }).allow('{"a":1,"b":"x"}');
  });
});

describe('races', () => {
  test('are not where an atomic write is read', () => {
    explore(mail).allow('got 42', 'got -1');
  });

  test.each<[string, (words: Words) => void]>([
    ['a plain write in place of an atomic one', (words) => (words[FLAG] = 1)],
    ['a store that orders nothing', (words) => unordered(() => store(words, FLAG, 1))],
  ])('are found: %s', (_, publish) => {
    const sender = (words: Words): void => {
      words[DATA] = 42;
      publish(words);
    };
    const found = errorOf(() => explore({ ...mail, threads: { ...mail.threads, sender } }));
    expect(found.finding).toBe('race');
  });

  test('are found though the words are written after what is published', () => {
    const sender = (words: Words): void => {
      store(words, FLAG, 1);
      words[DATA] = 42;
    };
    const found = errorOf(() => explore({ ...mail, threads: { ...mail.threads, sender } }));
    expect(found.message).toMatch(/^data race on mail\.data: the plain/);
  });

  test('are seen through views that a thread makes itself, of floats as well', () => {
    const scenario = {
      memory: () => memory().buffer,
      threads: {
        a: (buffer: ArrayBufferLike): void => {
          new Float64Array(buffer)[1] = 1;
        },
        b: (buffer: ArrayBufferLike) => new Int32Array(buffer)[2],
      },
    };
    expect(errorOf(() => explore(scenario)).finding).toBe('race');
    expect(new Int32Array(1)).toHaveLength(1);
  });
});

test('a plain read of a hint sees what it may: nothing that is overwritten for it', () => {
  const threads = {
    writer: (words: Words): void => {
      store(words, DATA, 1);
      store(words, DATA, 2);
      store(words, FLAG, 1);
    },
    reader: (words: Words) => `${load(words, FLAG)} ${words[DATA]}`,
  };
  const hinted = (): Words => shared(2, { hint: (at) => (at === DATA ? 'read' : 'none') });
  const final = (_: Words, { reader }: { readonly reader: string }) => reader;
  explore({ memory: hinted, threads, final }).allow('0 0', '0 1', '0 2', '1 2');
});

describe('waiting', () => {
  const sleeper = (words: Words): void => {
    while (load(words, FLAG) === 0) wait(words, FLAG, 0);
  };

  test('ends with a wake-up', () => {
    const waker = (words: Words): void => {
      store(words, FLAG, 1);
      notify(words, FLAG);
    };
    explore({ memory, threads: { sleeper, waker } });
  });

  test('for ever is a deadlock, and can be replayed', () => {
    const waker = (words: Words): void => store(words, FLAG, 1);
    const scenario = { memory, threads: { sleeper, waker } };
    const error = errorOf(() => explore(scenario));
    expect(error).toMatchObject({ finding: 'deadlock', schedule: 'sleeper*2 waker' });
    expect(errorOf(() => replay(scenario, error.schedule)).message).toBe(error.message);
  });
});

describe('limits', () => {
  const spinning = {
    memory,
    threads: {
      a: (words: Words): void => {
        while (load(words, FLAG) === 0);
      },
      b: (words: Words): void => store(words, FLAG, 1),
    },
  };

  test('a thread that spins is found, or cut off', () => {
    expect(errorOf(() => explore(spinning, { steps: 9 })).finding).toBe('limit');
    const { cutOff, outcomes } = explore(spinning, { steps: 9, cut: true });
    expect(cutOff).toBeGreaterThan(0);
    expect(outcomes.size).toBe(1);
  });

  test('a thread that never ends without a step is found', () => {
    const a = (words: Words): void => {
      while (words[DATA] === 0);
    };
    expect(errorOf(() => explore({ memory, threads: { a } })).finding).toBe('limit');
  });

  test('a search that does not end is found', () => {
    expect(() => explore(mail, { schedules: 1 })).toThrow('not all schedules are seen after 1');
  });
});

describe('misuse', () => {
  test('a thread that keeps state outside', () => {
    let runs = 0;
    const a = (words: Words): void => {
      load(words, runs++ % 2);
      load(words, FLAG);
    };
    const b = (words: Words): void => store(words, FLAG, 1);
    const error = errorOf(() => explore({ memory, threads: { a, b } }));
    expect(error.message).toContain('thread a does not do the same when it is run again');
  });

  test('a thread that throws', () => {
    const cause = new Error('broken');
    const a = (words: Words): void => {
      if (load(words, FLAG) === 1) throw cause;
    };
    const b = (words: Words): void => store(words, FLAG, 1);
    const error = errorOf(() => explore({ memory, threads: { a, b } }));
    expect(error).toMatchObject({ finding: 'threw', schedule: 'b a', cause });
  });

  test.each<[string, () => unknown]>([
    ['shared() is called by', () => shared(1)],
    ['cannot be called "a b"', () => explore({ memory, threads: { 'a b': () => 0 } })],
    ['not change it', () => explore({ ...mail, final: (words) => `${(words[DATA] = 1)}` })],
    ['is outside of', () => explore({ memory, threads: { a: (words) => load(words, 99) } })],
    ['x has no step 1', () => replay(mail, 'x')],
    ['not a schedule: *', () => replay(mail, '*')],
    ['sort of shared memory', () => explore({ memory, threads: { a: (words) => words.sort() } })],
  ])('%s', (message, run) => {
    const error = errorOf(run);
    expect(error).toBeInstanceOf(ExploreError);
    expect(error.finding).toBe('misuse');
    expect(error.message).toContain(message);
  });
});

test('a setup is seen whole by all, and its thread may change what it made', () => {
  const counter = prepared(
    (words: Words) => {
      words[DATA] = words[DATA]! + 1;
      return { words, seen: 0 };
    },
    (mine) => {
      for (let i = 0; i < 2; i++) mine.seen += compareExchange(mine.words, FLAG, 0, 1);
      return mine.seen;
    },
  );
  const scenario = {
    memory,
    threads: { a: counter, b: counter },
    final: (words: Words, { a, b }: { readonly a: number; readonly b: number }) =>
      `${words[DATA]} ${a + b}`,
  };
  explore(scenario).allow('2 3');
});

test('a clean-up on the way out of a thread is no step', () => {
  const a = (words: Words): number => {
    try {
      return load(words, FLAG);
    } finally {
      store(words, FLAG, 2);
    }
  };
  const b = (words: Words): void => store(words, FLAG, 1);
  const seen = explore({ memory, threads: { a, b }, final: (words) => `${words[FLAG]}` });
  expect(seen.allow('1', '2').longest).toEqual({ a: 2, b: 1 });
});
