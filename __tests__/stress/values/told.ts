/** What was told of each item, and whether that is what has to be told. */
import { DlbError } from '../../../lib/index.js';
import type { DeadLetter, OutputOrder, Pipeline } from '../../../lib/index.js';
import type { Item } from './deeds.js';
import { SORTS } from './grammar.js';
import { FAILS, isOneOf, verdictOf, isVague } from './oracle.js';
import type { Verdict } from './oracle.js';
import type { Plan } from './plan.js';

/** How an item ended, for the one who let it in. */
interface End {
  readonly how: 'result' | 'failed';
  readonly value: unknown;
}

export class Told {
  readonly wrong: string[] = [];
  readonly counts = { results: 0, failed: 0, letters: 0, dropped: 0 };
  /** From now on items may end by the break. */
  isBroken = false;
  readonly #plan: Plan;
  readonly #called = new Map<number, End>();
  /** Values of the run's results, by item where they name one. */
  readonly #named = new Map<number, unknown>();
  readonly #nameless: unknown[] = [];
  readonly #letters = new Map<number, DeadLetter>();
  #runError: unknown;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  letter(letter: DeadLetter): void {
    this.counts.letters++;
    const id = idOf(letter.item);
    if (id === undefined) {
      this.wrong.push(`a letter without its item: ${text(letter)}`);
      return;
    }
    if (this.#letters.has(id)) this.wrong.push(`two letters of item ${id}`);
    this.#letters.set(id, letter);
  }

  async call(pipeline: Pipeline<Item>, item: Item): Promise<void> {
    try {
      this.#called.set(item.id, { how: 'result', value: await pipeline.call(item) });
    } catch (error) {
      this.#called.set(item.id, { how: 'failed', value: error });
    }
  }

  async run(pipeline: Pipeline<Item>, items: readonly Item[], order: OutputOrder): Promise<void> {
    let last = -1;
    try {
      for await (const value of pipeline.run(items, { order })) {
        const id = idOf(value);
        if (id === undefined) {
          this.#nameless.push(value);
          continue;
        }
        if (this.#named.has(id)) this.wrong.push(`two results of item ${id}`);
        if (order === 'in-order' && id < last) this.wrong.push(`item ${id} came after ${last}`);
        this.#named.set(id, value);
        last = id;
      }
    } catch (error) {
      this.#runError = error;
    }
  }

  /**
   * @param dropped how many the pipeline says that it dropped.
   * @param crashes after one, what was not sent is done again, and counted again.
   */
  async check(dropped: number, crashes: number): Promise<void> {
    if (this.#runError !== undefined && !this.isBroken) {
      this.wrong.push(`the run failed: ${text(this.#runError)}`);
    }
    let missing = 0;
    const [clear, vague]: [Item[], Item[]] = [[], []];
    for (const item of this.#plan.items) {
      (isVague(await this.#expected(item)) ? vague : clear).push(item);
    }
    for (const item of [...clear, ...vague]) {
      if (item.id % 2 === 0) missing += await this.#checkCalled(item);
      else missing += await this.#checkRan(item);
    }
    this.counts.dropped = dropped;
    const isCounted = crashes === 0 ? missing === dropped : missing <= dropped;
    if (!this.isBroken && !isCounted) {
      this.wrong.push(`ended without a word: ${missing}, dropped: ${dropped}`);
    }
  }

  /** 1 if nothing was told of it. */
  async #checkCalled(item: Item): Promise<number> {
    const end = this.#called.get(item.id);
    if (end === undefined) {
      this.wrong.push(`nothing was told of call ${item.id}`);
      return 0;
    }
    if (end.how === 'failed') {
      this.counts.failed++;
      await this.#checkFailed(item, end.value);
      return 0;
    }
    this.counts.results++;
    return (await this.#checkResult(item, end.value)) ? 0 : 1;
  }

  async #checkRan(item: Item): Promise<number> {
    const letter = this.#letters.get(item.id);
    if (this.#named.has(item.id)) {
      this.counts.results++;
      if (letter !== undefined) this.wrong.push(`item ${item.id} has a result and a letter`);
      await this.#checkResult(item, this.#named.get(item.id));
      return 0;
    }
    if (letter !== undefined) {
      await this.#checkFailed(item, letter.error);
      return 0;
    }
    if (this.isBroken) return 0;
    const expected = await this.#expected(item);
    if (expected.values.includes(undefined)) return 0;
    const isNameless = item.deed?.isLast === true;
    const at = isNameless ? this.#nameless.findIndex((value) => isOneOf(value, expected)) : -1;
    if (at < 0) return 1;
    this.#nameless.splice(at, 1);
    this.counts.results++;
    return 0;
  }

  /** False if the call ended without a result where it has one. */
  async #checkResult(item: Item, value: unknown): Promise<boolean> {
    const expected = await this.#expected(item);
    const isWhole = item.deed?.isLast ?? true;
    if (value === undefined && !(isWhole && expected.values.includes(undefined))) return false;
    if (isOneOf(isWhole ? value : (value as Item).odd, expected)) return true;
    this.wrong.push(`item ${item.id}, ${nameOf(item)}, became ${text(value)}`);
    return true;
  }

  async #checkFailed(item: Item, error: unknown): Promise<void> {
    const { mayFail } = await this.#expected(item);
    if (this.isBroken && !isOfStage(error)) return;
    if (!isOfStage(error)) {
      this.wrong.push(`item ${item.id}, ${nameOf(item)}, failed with ${text(error)}`);
      return;
    }
    if (!mayFail) this.wrong.push(`item ${item.id}, ${nameOf(item)}, failed: ${text(error)}`);
    this.#checkBlame(item, error as DlbError);
  }

  /** Only those that end threads are blamed for it. */
  #checkBlame({ id, deed }: Item, { details }: DlbError): void {
    const crashes = Number(details['crashes'] ?? 0);
    const isLethal = deed?.what === 'die' || deed?.what === 'hang';
    if (isLethal || this.#plan.kills >= this.#plan.attempts || crashes === 0) return;
    if (crashes > this.#plan.kills) this.wrong.push(`item ${id} is blamed for ${crashes} crashes`);
  }

  async #expected(item: Item): Promise<Verdict> {
    const { deed } = item;
    const { codecs, attempts, kills } = this.#plan;
    // Who is in hand when a thread is terminated is to blame, as often as threads are.
    const isUnlucky = kills >= attempts;
    const honest = { ...item, at: codecs.length - 1 };
    if (deed === undefined) return { values: [honest], mayFail: isUnlucky, law: 'carried' };
    if (deed.what !== 'return') return FAILS;
    const verdict = await verdictOf(item, codecs);
    return isUnlucky ? { ...verdict, mayFail: true } : verdict;
  }
}

function idOf(value: unknown): number | undefined {
  const { id } = (value ?? {}) as Partial<Item>;
  return typeof id === 'number' ? id : undefined;
}

function nameOf({ deed }: Item): string {
  return deed === undefined ? 'honest' : `${deed.what} ${SORTS[deed.sort]!.name} at ${deed.at}`;
}

function isOfStage(error: unknown): boolean {
  return error instanceof DlbError && error.code === 'ERR_DLB_STAGE_FAILED';
}

function text(value: unknown): string {
  try {
    return value instanceof Error
      ? `${value.name}: ${value.message}`
      : JSON.stringify(value).slice(0, 200);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
