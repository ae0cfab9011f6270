/** Handlers of the pipeline scenarios, and the same work as tasks of Piscina. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export interface KeyedItem {
  readonly key: number;
  readonly number: number;
  /** How long the item takes, in milliseconds: waiting, not computing. */
  readonly ms: number;
}

export function same(item: Uint8Array): Uint8Array {
  return item;
}

/** Reads a message of about 1 KB and gives its number. */
export function read(text: Uint8Array): number {
  return numberIn(Buffer.from(text.buffer, text.byteOffset, text.length).toString());
}

function numberIn(text: string): number {
  const message = JSON.parse(text) as { number: number };
  return message.number;
}

/** Waits for as long as the item says. */
export async function wait(item: KeyedItem): Promise<number> {
  if (item.ms > 0) await sleep(item.ms);
  return item.number;
}

/** Piscina's tasks are functions of one argument, chosen by name. */
export function readTask(text: string): number {
  return numberIn(text);
}
export function sameTask<Item>(item: Item): Item {
  return item;
}

/** A small object of five fields. */
export interface Sale {
  readonly shop: string;
  readonly cents: number;
  readonly n: number;
  readonly item: string;
  readonly at: string;
}

export function pass(sale: Sale): Sale {
  return sale;
}

export function shopOf(sale: Sale): string {
  return sale.shop;
}

/** Shops are called by the number of their first sale. */
function isFirstOf(shop: string, n: number): boolean {
  return n === Number(shop.slice(shop.indexOf(' ')));
}

const numbers = new Map<string, number>();

/** Of a shop, one after another: numbers rise within a run. @throws Error if they do not. */
export function passInOrder(sale: Sale): Sale {
  const last = numbers.get(sale.shop);
  numbers.set(sale.shop, sale.n);
  if (!isFirstOf(sale.shop, sale.n) && !(sale.n > last!))
    throw new Error(`${sale.n} of ${sale.shop} behind ${last}`);
  return sale;
}

/** A line of sales as a file has it, with a note that makes it long. */
export interface Line extends Sale {
  readonly note: string;
}

export interface Enriched extends Omit<Sale, 'item'> {
  readonly digest: string;
}

const ROUNDS = 8;

export function enrich({ shop, cents, n, at }: Line): Enriched {
  return { shop, cents: 2 * cents, n, at, digest: '' };
}

/** As `enrich`, with eight SHA-256 of the line's note. */
export function enrichHard(line: Line): Enriched {
  let digest = line.note;
  for (let i = 0; i < ROUNDS; i++) digest = createHash('sha256').update(digest).digest('hex');
  return { ...enrich(line), digest };
}

const totals = new Map<string, number>();

/** What the shop has sold so far in this run. */
export function total({ shop, cents, n }: Enriched): number {
  const sum = isFirstOf(shop, n) ? cents : totals.get(shop)! + cents;
  totals.set(shop, sum);
  return sum;
}
