/** Handlers of the pipeline scenarios, and the same work as tasks of Piscina. */
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
export function sameTask(item: Uint8Array): Uint8Array {
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
