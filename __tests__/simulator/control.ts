/** What control does to a domain, and what it must answer. */
import { DlbError } from '../../lib/eventdev/errors.js';
import type { ErrorCode } from '../../lib/eventdev/errors.js';
import type { QueueAttributes } from '../../lib/eventdev/spec.js';
import type { EventBurst } from '../../lib/eventdev/event-burst.js';
import { creditCount } from '../../lib/memory/domain-state.js';
import { PORT } from '../../lib/memory/layout.js';
import { attachPort } from '../../lib/port/index.js';
import type { Actor } from './actor.js';
import { forgetBuffers } from './buffers.js';
import type { Random } from './random.js';
import { check } from './violation.js';
import type { SimDomain, World } from './world.js';

/** So many link profiles are used. */
export const PROFILES = 3;

export function link(of: SimDomain, random: Random): void {
  const port = random.below(of.actors.length);
  const queue = random.below(of.spec.queues.length);
  const priority = random.oneIn(3) ? random.below(256) : 128;
  const profile = random.oneIn(3) ? random.below(PROFILES) : 0;
  const linked = of.linked[queue]!;
  const others = linked.flatMap((ports) => [...ports.keys()]).filter((other) => other !== port);
  const taken = of.spec.queues[queue]!.type === 'directed' && others.length > 0;
  if (taken) {
    refuses('ERR_DLB_DIR_QUEUE_LINKED', () => {
      of.domain.linkProfile(port, profile, queue, priority);
    });
    return;
  }
  of.domain.linkProfile(port, profile, queue, priority);
  of.makeUnlinks();
  linked[profile]!.set(port, priority);
  of.setLink(port, queue, profile, priority);
}

export function unlink(of: SimDomain, random: Random): void {
  const queue = random.below(of.spec.queues.length);
  const profile = random.oneIn(3) ? random.below(PROFILES) : 0;
  const ports = [...of.linked[queue]![profile]!.keys()];
  if (ports.length === 0) {
    refuses('ERR_DLB_INVALID_QID', () => of.domain.unlinkProfile(0, profile, queue));
    return;
  }
  const port = random.pick(ports);
  of.domain.unlinkProfile(port, profile, queue);
  of.linked[queue]![profile]!.delete(port);
  of.unlinks.push({ port, queue, profile });
  if (of.state !== 'started') of.makeUnlinks();
  const due = of.unlinks.filter((each) => each.port === port).length;
  const told = of.domain.unlinksInProgress(port);
  check(told === due, 'links', () => `${told} unlinks of port ${port} are told, ${due} are due`);
}

/** Disables a port for the time being, or enables it. */
export function hold(of: SimDomain, random: Random): void {
  const port = random.below(of.actors.length);
  if (random.oneIn(3)) void of.domain.disablePort(port);
  else void of.domain.enablePort(port);
}

export function setAttributes(of: SimDomain, random: Random): void {
  const id = random.below(of.spec.queues.length);
  const queue = of.oracle.queues[id]!;
  const attributes: QueueAttributes = {};
  if (random.oneIn(2)) attributes.priority = queue.priority = random.pick([0, 100, 128, 255]);
  if (random.oneIn(2)) attributes.weight = random.small(8);
  if (random.oneIn(2)) attributes.affinity = random.small(8);
  of.domain.setQueueAttributes(id, attributes);
}

export function reclaim(world: World, actor: Actor): void {
  const { of, seen } = actor;
  of.oracle.watchRings();
  world.log(() => `  port ${actor.id} is reclaimed`);
  void of.domain.reclaim(actor.id);
  const told = world.seat.reply!.rescheduled;
  const due = of.oracle.reclaimed(seen);
  check(told === due, 'C1', () => `reclaim of port ${actor.id}: ${told} rescheduled, not ${due}`);
  actor.evict();
  forgetBuffers(of, actor.id);
  of.fsck('after a reclaim');
}

/** A stop and a start between two accesses of a thread: by command, since nobody can wait here. */
export function restart(world: World, of: SimDomain): void {
  if (of.state !== 'started') return;
  world.beforeStop();
  world.seat.request({
    type: 'stop',
    domain: of.domain.id,
    graceMs: 0,
    isDropped: false,
  });
  world.afterStop(of);
  world.seat.request({ type: 'start', domain: of.domain.id });
  of.state = 'started';
  of.fsck('after a start');
}

export async function stop(world: World, of: SimDomain, graceMs: number): Promise<void> {
  if (of.state === 'stopping') return;
  if (of.state !== 'started') {
    await refusesLater('ERR_DLB_DOMAIN_NOT_STARTED', () => of.domain.stop());
    return;
  }
  let flushed = 0;
  const count = (events: EventBurst): void => void (flushed += events.length);
  world.beforeStop();
  world.seat.stops.delete(of.domain.id);
  const stopping = of.domain.stop(count, { graceMs }).then((told) => {
    check(told.flushed === flushed, 'C12', () => `${flushed} flushed, told ${told.flushed}`);
  });
  of.pendingStop = stopping;
  while (of.scheduled.stopping === null && !world.seat.stops.has(of.domain.id)) {
    await Promise.resolve();
  }
  world.afterStop(of);
  if (graceMs === 0) await stopping;
}

export async function start(of: SimDomain): Promise<void> {
  if (of.state === 'stopping') return;
  if (of.state === 'started') return;
  await of.pendingStop;
  await of.domain.start();
  of.state = 'started';
  of.fsck('after a start');
}

/** Credits that are with the scheduler or in the words of ports. */
export function creditsToBeHad(of: SimDomain): number {
  const { machine } = of;
  const inWords = machine.ports.map((port) => {
    return creditCount(machine.words[port.at + PORT.CREDIT]!);
  });
  return inWords.reduce((sum, credits) => sum + credits, machine.free);
}

export function misuse(of: SimDomain, random: Random): void | Promise<void> {
  const { domain, spec } = of;
  const actor = random.pick(of.actors);
  switch (random.below(6)) {
    case 0:
      if (of.state !== 'started') return undefined;
      return refusesLater('ERR_DLB_DOMAIN_STARTED', () => domain.start());
    case 1:
      return refuses('ERR_DLB_INVALID_QID', () => domain.link(actor.id, spec.queues.length));
    case 2:
      return refuses('ERR_DLB_INVALID_PORT_ID', () => domain.unlink(spec.ports.length, 0));
    case 3:
      return refuses('ERR_DLB_INVALID_PRIORITY', () => domain.link(actor.id, 0, 256));
    case 4:
      return refusesLater('ERR_DLB_INVALID_PORT_ID', () => domain.reclaim(-1));
    default:
      if (actor.seen.word(PORT.OWNER) === 0) return undefined;
      return refuses('ERR_DLB_PORT_IN_USE', () => attachPort(domain.attachment(actor.id)));
  }
}

function refuses(code: ErrorCode, call: () => unknown): void {
  let told: unknown = 'nothing';
  try {
    call();
  } catch (error) {
    told = error instanceof DlbError ? error.code : error;
  }
  check(told === code, 'refusal', () => `${String(told)}, not ${code}`);
}

async function refusesLater(code: ErrorCode, call: () => Promise<unknown>): Promise<void> {
  let told: unknown = 'nothing';
  try {
    await call();
  } catch (error) {
    told = error instanceof DlbError ? error.code : error;
  }
  check(told === code, 'refusal', () => `${String(told)}, not ${code}`);
}
