/**
 * Every sort of the grammar, once returned and once thrown, as the whole result and as a part of it, with each codec that
 * takes all of them. The last line of output is a list of what is wrong, a line each.
 */
import { createPipeline, DlbError, stage } from '../../../lib/index.js';
import type { Pipeline } from '../../../lib/index.js';
import type { Deed, Item } from './deeds.js';
import { SORTS } from './grammar.js';
import { isOneOf, verdictOf } from './oracle.js';

const SEED = 7;
const wrong: string[] = [];
const module = new URL('deeds.js', import.meta.url);

function itemOf(sort: number, what: Deed['what'], stages: number): Item {
  const isLast = stages === 1;
  const deed = { what, at: 'call', sort, seed: SEED, isLater: false, stage: 0, isLast } as const;
  return { id: 1, key: 1, waits: 0, at: -1, deed };
}

async function check(pipeline: Pipeline<Item>, sort: number, codecs: ('auto' | 'structured')[]) {
  const { name } = SORTS[sort]!;
  const title = `${name}, ${codecs.join(', ')}`;
  const item = itemOf(sort, 'return', codecs.length);
  const verdict = await verdictOf(item, codecs);
  try {
    const result = await pipeline.call(item);
    const value = item.deed!.isLast ? result : (result as Item).odd;
    if (!isOneOf(value, verdict)) wrong.push(`${title} has become ${String(value)}`);
  } catch (error) {
    if (!isOfStage(error)) wrong.push(`${title}: ${String(error)}`);
    else if (!verdict.mayFail) wrong.push(`${title} is refused: ${error.message}`);
  }
  const thrown = await pipeline.call(itemOf(sort, 'throw', codecs.length)).catch((e: unknown) => e);
  if (!isOfStage(thrown)) wrong.push(`${title}, thrown: ${String(thrown)}`);
}

function isOfStage(error: unknown): error is DlbError {
  return error instanceof DlbError && error.code === 'ERR_DLB_STAGE_FAILED';
}

for (const codecs of [['auto'], ['structured'], ['auto', 'structured']] as (
  | 'auto'
  | 'structured'
)[][]) {
  const stages = codecs.map((codec, i) =>
    stage<(item: Item) => unknown>({ module, handler: 'handle', name: `stage-${i}`, codec }),
  );
  await using pipeline = (await createPipeline({
    stages: stages as never,
    workers: 1,
  })) as Pipeline<Item>;
  for (const sort of SORTS.keys()) await check(pipeline, sort, codecs);
  const { crashes, inFlight } = pipeline.stats();
  if (crashes > 0 || inFlight > 0) wrong.push(`crashes: ${crashes}, in flight: ${inFlight}`);
}
process.stdout.write(`${JSON.stringify(wrong)}\n`);
