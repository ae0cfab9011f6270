/** Payload buffers: who allocated which, and what alloc and free must answer. */
import { handleOf, indexOf, isFree, isNamedBy } from '../../lib/mempool/owner-word.js';
import { poolStats } from '../../lib/mempool/index.js';
import type { Actor } from './actor.js';
import type { Random } from './random.js';
import { isDisturbed } from './thread.js';
import type { Interruption } from './thread.js';
import { AT } from './tracked.js';
import { check } from './violation.js';
import type { SimDomain } from './world.js';

/** A handle for a payload, or null. */
export function someBuffer(of: SimDomain, random: Random): number | null {
  return of.buffers.size === 0 ? null : random.pick([...of.buffers.keys()]);
}

/** Allocates or frees a buffer. */
export function useBuffers(actor: Actor, random: Random, interruption: Interruption | null): void {
  const { of } = actor;
  if (of.spec.buffers === undefined) return;
  if (random.oneIn(2)) allocate(actor, interruption);
  else free(actor, someBuffer(of, random), interruption);
}

/** What the port had allocated, and no event names, is free again. */
export function forgetBuffers(of: SimDomain, port: number): void {
  const inside = [...of.oracle.events.values()].filter((event) => event.at !== AT.FRESH);
  const named = new Set(inside.map((event) => event.low));
  for (const [handle, owner] of of.buffers) {
    if (owner === port && !named.has(handle)) of.buffers.delete(handle);
  }
  if (of.actors.some((actor) => actor.dead || actor.busy)) recount(of);
}

/** A thread stopped in the middle of a call: what is allocated is what the pool says. */
export function recount(of: SimDomain): void {
  const { pool } = of.machine.layout;
  if (pool === null) return;
  of.buffers.clear();
  for (let index = 0; index < pool.count; index++) {
    const word = of.machine.words[pool.owners + index]!;
    if (!isFree(word)) of.buffers.set(handleOf(word, index), (word & 0xff) - 1);
  }
}

function isCertain(of: SimDomain, interruption: Interruption | null): boolean {
  return !isDisturbed(interruption) && of.actors.every((each) => !each.busy);
}

function allocate(actor: Actor, interruption: Interruption | null): void {
  const { of } = actor;
  const pool = of.machine.layout.pool!;
  const { free: left } = poolStats(of.machine.words, pool);
  const certain = isCertain(of, interruption);
  actor.hearNews();
  const kept = actor.seen.hands.length === 0 ? pool.reserve : 0;
  const handle = actor.attempt(interruption, (port) => port.buffers!.alloc());
  if (!certain || handle === null) return recount(of);
  check(handle >= 0 === left > kept, 'buffers', () => {
    return `port ${actor.id} gets ${handle} of ${left} free buffers, ${kept} kept`;
  });
  if (handle < 0) return undefined;
  check(!of.buffers.has(handle), 'buffers', () => `buffer ${handle} was allocated twice`);
  of.buffers.set(handle, actor.id);
  return undefined;
}

function free(actor: Actor, handle: number | null, interruption: Interruption | null): void {
  const { of } = actor;
  const given = handle ?? 0;
  const certain = isCertain(of, interruption);
  const freed = actor.attempt(interruption, (port) => port.buffers!.free(given));
  if (!certain || freed === null) return recount(of);
  check(freed === of.buffers.has(given), 'buffers', () => `free of ${given} answers ${freed}`);
  of.buffers.delete(given);
  return undefined;
}

/** The pool has allocated what it has given out. */
export function checkBuffers(of: SimDomain): void {
  const { pool } = of.machine.layout;
  if (pool === null || of.actors.some((actor) => actor.busy || actor.dead)) return;
  const { allocated } = poolStats(of.machine.words, pool);
  check(allocated === of.buffers.size, 'buffers', () => {
    return `${allocated} buffers are allocated, not ${of.buffers.size}`;
  });
  for (const handle of of.buffers.keys()) {
    const word = of.machine.words[pool.owners + indexOf(handle, pool.count)]!;
    check(isNamedBy(word, handle), 'buffers', () => `buffer ${handle} is not allocated`);
  }
}
