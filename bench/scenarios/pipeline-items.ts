/** Small items through a pipeline of one stage, as fast as it takes them. */
import { withRigs } from '../rigs/rigs.js';
import { inWindow, KeyChains, PipelineRig, PiscinaRig } from '../rigs/keyed-rigs.js';
import type { Contestant, Goal, Outcome, Row, Run, Scenario } from '../scenario.js';
import { read } from '../threads/pipeline-stages.js';
import { measureInTurns } from '../turns.js';

const WORKERS = 2;
const ITEM_BYTES = 64;
const ITEMS = 400_000;
const MESSAGES = 400_000;
const TASKS = 10_000;
const PACKED = 100_000;
const KEYS = 1000;
/** As many as a pipeline's window has by default. */
const WINDOW = 1024;
const MESSAGE_BYTES = 1024;
const RATE_GOAL = 1e6;
const JSON_GOAL = 10;
/** Items in a task, where people make them up by hand. */
const PACK = 32;
/** Items per second by those of Piscina, an item a task and PACK; by those of one thread. */
const TASK_GOAL = 40;
const PACK_GOAL = 3;
const ALONE_GOAL = 1.1;

export const pipelineItems: Scenario = {
  name: 'pipeline-items',
  topology: 'main ──▶ [stage] ──▶ W1,W2 ──▶ main   64 bytes; 1 KB of JSON per key',
  about:
    'createPipeline with one stage. Small items: 64 bytes that the handler hands on, with one worker, since a second has ' +
    'nothing to do; the rest with 2. JSON: messages of ' +
    '1 KB as UTF-8, of 1000 keys, each key in order; the handler parses and gives back a number. Piscina: an item a ' +
    'task, 1024 in flight, for JSON behind a promise chain per key; as it comes, and with 32 tasks given to a thread at ' +
    'once, the fastest of 1, 2, 8, 32 and 128.',
  threads: 4,

  run: (settings, progress): Promise<Outcome> =>
    withRigs(async (open) => {
      const items = await open(PipelineRig.open<Uint8Array, Uint8Array>(1, { handler: 'same' }));
      const readers = await open(
        PipelineRig.open<Uint8Array, number>(WORKERS, { handler: 'read', schedule: 'atomic' }),
      );
      const piscina = await open(new PiscinaRig(WORKERS));
      const untuned = await open(new PiscinaRig(WORKERS, 1));
      const forSmall = { name: 'small items: pipeline', label: 'pipeline' };
      const forJson = { name: 'JSON per key: pipeline', label: 'pipeline' };
      const contestants: Contestant[] = [
        { name: forSmall.name, events: ITEMS, run: (count) => playItems(items, count) },
        {
          name: 'small items: piscina',
          events: TASKS,
          against: forSmall,
          run: (count) => playItemTasks(piscina, count),
        },
        {
          name: 'small items: piscina, 32 a task',
          events: PACKED,
          against: forSmall,
          run: (count) => playPackedTasks(piscina, count),
        },
        { name: forJson.name, events: MESSAGES, run: (count) => playTexts(readers, count) },
        {
          name: 'JSON per key: piscina as it comes',
          events: TASKS,
          against: forJson,
          run: (count) => playTextTasks(untuned, count),
        },
        {
          name: 'JSON per key: piscina, 32 a thread',
          events: TASKS,
          against: forJson,
          run: (count) => playTextTasks(piscina, count),
        },
        { name: 'JSON per key: one thread', events: MESSAGES, against: forJson, run: playAlone },
      ];
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      return { rows, readings: [], goals: goals(rows) };
    }),
};

async function playItems(
  { pipeline }: PipelineRig<Uint8Array, Uint8Array>,
  count: number,
): Promise<Run> {
  let seen = 0;
  let wrong = 0;
  const startedAt = performance.now();
  for await (const item of pipeline.run(smallItems(count))) {
    if (item[0] !== (seen & 0xff) || item.length !== ITEM_BYTES) wrong++;
    seen++;
  }
  return finish(startedAt, seen, count, wrong);
}

/** The same buffer each time, with another first byte: the pipeline copies what it is given. */
function* smallItems(count: number): Generator<Uint8Array> {
  const item = new Uint8Array(ITEM_BYTES);
  for (let i = 0; i < count; i++) {
    item[0] = i;
    yield item;
  }
}

async function playItemTasks(piscina: PiscinaRig, count: number): Promise<Run> {
  let seen = 0;
  let wrong = 0;
  const startedAt = performance.now();
  await inWindow(count, WINDOW, async (number) => {
    const result = await piscina.run<Uint8Array>(
      'sameTask',
      new Uint8Array(ITEM_BYTES).fill(number),
    );
    if (result[0] !== (number & 0xff)) wrong++;
    seen++;
  });
  return finish(startedAt, seen, count, wrong);
}

/** As many items in flight. */
async function playPackedTasks(piscina: PiscinaRig, count: number): Promise<Run> {
  let seen = 0;
  let wrong = 0;
  const startedAt = performance.now();
  await inWindow(Math.ceil(count / PACK), WINDOW / PACK, async (task) => {
    const first = task * PACK;
    const length = Math.min(PACK, count - first);
    const items = Array.from({ length }, (_, i) => new Uint8Array(ITEM_BYTES).fill(first + i));
    for (const [i, item] of (await piscina.run<Uint8Array[]>('sameTask', items)).entries()) {
      if (item[0] !== ((first + i) & 0xff)) wrong++;
      seen++;
    }
  });
  return finish(startedAt, seen, count, wrong);
}

async function playTexts(
  { pipeline }: PipelineRig<Uint8Array, number>,
  count: number,
): Promise<Run> {
  let seen = 0;
  let wrong = 0;
  let next = 0;
  const flow = (): number => next++ % KEYS;
  const startedAt = performance.now();
  for await (const number of pipeline.run(texts(count), { flow })) {
    if (number !== seen % KEYS) wrong++;
    seen++;
  }
  return finish(startedAt, seen, count, wrong);
}

function* texts(count: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield MESSAGE_BYTES_OF[i % KEYS]!;
}

async function playTextTasks(piscina: PiscinaRig, count: number): Promise<Run> {
  const chains = new KeyChains();
  let seen = 0;
  let wrong = 0;
  const startedAt = performance.now();
  await inWindow(count, WINDOW, async (number) => {
    const key = number % KEYS;
    const start = (): Promise<number> => piscina.run('readTask', MESSAGE_TEXT_OF[key]!);
    if ((await chains.add(key, start)) !== key) wrong++;
    seen++;
  });
  return finish(startedAt, seen, count, wrong);
}

function playAlone(count: number): Run {
  let wrong = 0;
  const startedAt = performance.now();
  for (let i = 0; i < count; i++) {
    if (read(MESSAGE_BYTES_OF[i % KEYS]!) !== i % KEYS) wrong++;
  }
  return finish(startedAt, count, count, wrong);
}

// A delivery note as a web hook sends it: a few fields, and a text.
const REST = JSON.stringify({
  type: 'delivery.updated',
  customer: 'c-20931',
  address: { street: 'Karl Johans gate 22', city: 'Oslo', country: 'NO' },
  items: [
    { sku: 'A-1', count: 2 },
    { sku: 'B-77', count: 1 },
  ],
}).slice(1);
const NOTE = 'Please ring at the gate and leave the parcel with the porter if nobody answers. ';

/** About 1 KB of JSON. */
function message(number: number): string {
  const head = `{"number":${number},"note":"`;
  const room = MESSAGE_BYTES - head.length - REST.length - 2;
  return `${head}${NOTE.repeat(12).slice(0, room)}",${REST}`;
}

// All are made beforehand. Piscina gets them as text, which it clones faster than bytes.
const MESSAGE_TEXT_OF = Array.from({ length: KEYS }, (_, key) => message(key));
const MESSAGE_BYTES_OF = MESSAGE_TEXT_OF.map((text) => Buffer.from(text));

function finish(startedAt: number, seen: number, count: number, wrong: number): Run {
  const ms = performance.now() - startedAt;
  const problems = [];
  if (seen !== count) problems.push(`seen=${seen}, expected=${count}`);
  if (wrong > 0) problems.push(`wrong=${wrong}`);
  return { ms, problems };
}

function goals(rows: readonly Row[]): Goal[] {
  const [small, task, packed, , untuned, , alone] = rows as [Row, Row, Row, Row, Row, Row, Row];
  return [
    {
      text: `small items: at least 1 M/s, best of all runs: ${(small.best / 1e6).toFixed(2)} M/s`,
      met: small.best >= RATE_GOAL,
    },
    atLeast('small items, by piscina', task, TASK_GOAL),
    atLeast('small items, by piscina with 32 a task', packed, PACK_GOAL),
    atLeast('JSON per key, by piscina as it comes', untuned, JSON_GOAL),
    atLeast('JSON per key, by one thread', alone, ALONE_GOAL),
  ];
}

function atLeast(what: string, { ratio }: Row, goal: number): Goal {
  return { text: `${what}: ${ratio.toFixed(2)} x, at least ${goal}`, met: ratio >= goal };
}
