/** Carries an operation out: what its seed chooses, as far as the state of the world allows it. */
import { OP } from '../../lib/eventdev/event.js';
import { PORT } from '../../lib/memory/layout.js';
import type { Actor, Wanted } from './actor.js';
import { someBuffer, useBuffers } from './buffers.js';
import * as control from './control.js';
import type { Kind, Operation } from './operations.js';
import { Random } from './random.js';
import { checkStatistics, countsOf } from './statistics-check.js';
import type { Interruption } from './thread.js';
import { check } from './violation.js';
import { awaitSomething } from './waiting.js';
import type { SimDomain, World } from './world.js';

interface Step {
  readonly world: World;
  readonly random: Random;
  readonly of: SimDomain;
  readonly size: number;
}

type Performer = (step: Step) => void | Promise<void>;

export function perform(world: World, operation: Operation): void | Promise<void> {
  const random = new Random(operation.seed);
  const of = random.pick(world.domains);
  const { kind, size } = operation;
  world.log(() => `${world.step}: domain ${of.domain.id}: ${kind}`);
  return PERFORM[kind]({ world, random, of, size });
}

const FLOWS = [1, 2, 3, 4, 8, 0x400, 0xf_ffff];
const LEVEL_PRIORITIES = [0, 100, 128, 128, 128, 255];

const PERFORM: Record<Kind, Performer> = {
  enqueue: (step) => useActor(step, (actor) => enqueue(step, actor, NEW_ONLY, null)),
  complete: (step) => useActor(step, (actor) => enqueue(step, actor, COMPLETIONS, null)),
  fragment: (step) => {
    const actor = choose(step, (each) => each.canAct && each.seen.hands.length > 0);
    if (actor !== null) enqueue(step, actor, PIECES, null);
  },
  mixed: (step) => useActor(step, (actor) => enqueue(step, actor, ANYTHING, null)),
  dequeue: (step) => useActor(step, (actor) => dequeue(step, actor, null)),
  release: (step) => useActor(step, (actor) => release(step, actor, null)),
  pass: ({ world }) => void world.pass(),
  sweep: ({ world }) => void world.pass(true),
  shortPass: ({ world, of, size }) => world.shortPass(of, size),
  link: ({ of, random }) => control.link(of, random),
  unlink: ({ of, random }) => control.unlink(of, random),
  detach: (step) => useActor(step, (actor) => actor.detach(null)),
  attach: (step) => attach(step, null),
  reclaim: ({ world, of, random }) => control.reclaim(world, random.pick(of.actors)),
  restart: ({ world, of }) => control.restart(world, of),
  stop: ({ world, of }) => control.stop(world, of, 0),
  drain: ({ world, of }) => control.stop(world, of, 1000),
  start: ({ of }) => control.start(of),
  clock: ({ world, random }) => void (world.clock += 1 + random.below(2000)),
  statistics: ({ of }) => checkStatistics(of),
  resetStats: ({ of }) => {
    of.domain.resetStats();
    of.base = countsOf(of);
  },
  stall: ({ world, random, of, size }) => {
    random.pick(of.actors).stalledUntil = world.step + size * 20;
  },
  working: (step) => useActor(step, (actor) => actor.working(step.random.below(64))),
  hold: ({ of, random }) => control.hold(of, random),
  profile: (step) => {
    useActor(step, (actor) => actor.switchProfile(step.random.below(control.PROFILES)));
  },
  quiesce: (step) => useActor(step, (actor) => actor.quiesce(null)),
  attributes: ({ of, random }) => control.setAttributes(of, random),
  buffers: (step) => useActor(step, (actor) => useBuffers(actor, step.random, null)),
  insist: (step) => useActor(step, (actor) => insist(step, actor)),
  die: (step) => interrupted(step, { at: stepNumber(step.random), what: null }),
  interrupt: (step) => interrupted(step, { at: stepNumber(step.random), what: () => nested(step) }),
  haunt: ({ of, random }) => random.pick(of.actors).haunt(),
  misuse: ({ of, random }) => control.misuse(of, random),
  wait: (step) => {
    const actor = choose(step, (each) => each.canAct && each.mortal);
    if (actor !== null) awaitSomething(step.world, actor, step.random, () => nested(step));
  },
  fsck: ({ of }) => of.fsck('at rest'),
};

function choose(step: Step, fits: (actor: Actor) => boolean): Actor | null {
  const { random, of } = step;
  const found = of.actors.filter((actor) => fits(actor) && actor.stalledUntil <= step.world.step);
  return found.length === 0 ? null : random.pick(found);
}

function useActor(step: Step, use: (actor: Actor) => void): void {
  const actor = choose(step, (each) => each.canAct);
  if (actor !== null) use(actor);
}

const NEW_ONLY: readonly number[] = [OP.NEW];
const COMPLETIONS: readonly number[] = [OP.FORWARD, OP.FORWARD, OP.RELEASE];
const PIECES: readonly number[] = [OP.FRAGMENT, OP.FRAGMENT, OP.FORWARD];
const ANYTHING: readonly number[] = [OP.NEW, OP.FORWARD, OP.RELEASE, OP.FRAGMENT];

function enqueue(
  { random, of, size, world }: Step,
  actor: Actor,
  ops: readonly number[],
  interruption: Interruption | null,
): void {
  // Completions only as many as are due, but now and then too many.
  const { hands, shape } = actor.seen;
  const due = hands.length + (random.oneIn(8) ? 2 : 0) - (shape.hoards ? 1 : 0);
  const count = ops === COMPLETIONS ? Math.min(size, Math.max(0, due)) : size;
  const flows = random.pick(FLOWS);
  const queue = random.below(of.spec.queues.length);
  const mixQueues = random.oneIn(3);
  const op = random.pick(ops);
  const mixOps = random.oneIn(2);
  const wanted: Wanted[] = [];
  for (let i = 0; i < count; i++) {
    const its = mixOps ? random.pick(ops) : op;
    wanted.push({
      op: its,
      isRenewal: its === OP.FRAGMENT && random.oneIn(3),
      queue: mixQueues ? chooseQueue(random, of) : queue,
      flow: random.below(flows) & 0xf_ffff,
      priority: random.pick(LEVEL_PRIORITIES),
      schedType: random.below(4),
      inOrder: !random.oneIn(20),
      choice: random.below(256),
      low: random.oneIn(10) ? someBuffer(of, random) : null,
    });
  }
  world.log(() => `  port ${actor.id} enqueues ${wanted.map(describe).join(', ')}`);
  actor.enqueue(wanted, interruption);
}

/** Now and then one that does not exist. */
function chooseQueue(random: Random, of: SimDomain): number {
  const { length } = of.spec.queues;
  return random.oneIn(20) ? length + random.below(256 - length) : random.below(length);
}

function describe({ op, isRenewal, queue, flow, priority, inOrder }: Wanted): string {
  const name = isRenewal ? 'RENEWAL' : ['NEW', 'FORWARD', 'RELEASE', 'FRAGMENT'][op]!;
  return op === OP.RELEASE
    ? name
    : `${name} q${queue} f${flow} p${priority}${inOrder ? '' : ' misordered'}`;
}

function dequeue({ world, size }: Step, actor: Actor, interruption: Interruption | null): void {
  const count = actor.dequeue(size, 0, interruption);
  world.log(() => `  port ${actor.id} dequeues ${count} of at most ${size}`);
}

function release({ world, size }: Step, actor: Actor, interruption: Interruption | null): void {
  const count = actor.seen.shape.hoards ? 0 : size;
  world.log(() => `  port ${actor.id} releases ${count}`);
  actor.release(count, interruption);
}

/** A port without owner, or one whose owner died, gets a new one. */
function attach(step: Step, interruption: Interruption | null): void {
  const { world, random } = step;
  const actor = choose(step, (each) => each.isFree || each.dead);
  if (actor === null) return;
  if (actor.dead) control.reclaim(world, actor);
  const mortal = interruption !== null || (world.mortality > 0 && random.oneIn(world.mortality));
  world.log(() => `  port ${actor.id} is attached${mortal ? ', mortal' : ''}`);
  actor.attach(mortal, interruption);
}

/** Which access it is: mostly one of the first. */
function stepNumber(random: Random): number {
  return random.small(random.pick([8, 40, 200]));
}

/** Some call of a mortal thread, with something before one of its accesses. */
function interrupted(step: Step, interruption: Interruption): void {
  const { random } = step;
  if (random.oneIn(8)) return attach(step, interruption);
  const actor = choose(step, (each) => each.canAct && each.mortal);
  if (actor === null) return;
  step.world.log(() => `  port ${actor.id} is interrupted before access ${interruption.at}`);
  const calls = [
    () => enqueue(step, actor, NEW_ONLY, interruption),
    () => enqueue(step, actor, COMPLETIONS, interruption),
    () => enqueue(step, actor, ANYTHING, interruption),
    () => enqueue(step, actor, PIECES, interruption),
    () => dequeue(step, actor, interruption),
    () => dequeue(step, actor, interruption),
    () => release(step, actor, interruption),
    () => actor.detach(interruption),
    () => useBuffers(actor, random, interruption),
    () => actor.quiesce(interruption),
    () => actor.switchProfile(random.below(control.PROFILES), interruption),
  ];
  return random.pick(calls)();
}

const NESTED: readonly Kind[] = [
  'pass',
  'pass',
  'pass',
  'sweep',
  'enqueue',
  'complete',
  'dequeue',
  'release',
  'shortPass',
  'link',
  'unlink',
  'detach',
  'attach',
  'reclaim',
  'restart',
  'hold',
  'profile',
  'fsck',
  'buffers',
];

/** What others do while a thread stands still in the middle of a call. */
function nested({ world, random }: Step): void {
  const count = 1 + random.small(4);
  for (let i = 0; i < count; i++) {
    const kind = random.pick(NESTED);
    void perform(world, { kind, seed: random.next(), size: 1 + random.small(16) });
  }
}

/** C7, C10: within 16 passes who asks has what is free anywhere, down to the last credit, if nobody
 *  else asks for it. */
function insist(step: Step, actor: Actor): void {
  const { world, of, random } = step;
  const others = of.oracle.ports.filter((port) => port !== actor.seen);
  if (others.some((port) => port.word(PORT.WISH) !== 0)) return;
  for (let tries = 0; tries <= 16; tries++) {
    enqueue({ ...step, size: 1 }, actor, NEW_ONLY, null);
    if (actor.seen.transcript === 'N' || actor.mode !== 'flowing') return;
    if (!actor.wasRefusedCredit || control.creditsToBeHad(of) <= 0) return;
    world.pass(random.oneIn(4));
  }
  check(false, 'C7', () => {
    return `port ${actor.id} gets no credit while ${control.creditsToBeHad(of)} are unspent`;
  });
}
