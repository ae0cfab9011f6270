/** What a snapshot of the statistics must say, given what the oracle has seen. */
import { checkBuffers } from './buffers.js';
import { check } from './violation.js';
import type { SimDomain } from './world.js';

/** Levels, and counts since the last reset. */
export function checkStatistics(of: SimDomain): void {
  const { oracle, domain, spec } = of;
  oracle.watchRings();
  const stats = domain.stats();
  const equal = (what: string, is: number, due: number): void => {
    check(is === due, 'statistics', () => `${what} is ${is}, not ${due}`);
  };
  // What a thread has taken or counted, and not published, is nowhere while it is in a call or dead.
  const calm = of.actors.every((actor) => !actor.dead && !actor.busy);
  if (calm) equal('inflight', stats.inflight, oracle.inflight);
  check(stats.inflight >= oracle.inflight, 'statistics', () => `inflight is ${stats.inflight}`);
  const granted = stats.ports.reduce((sum, port) => sum + port.credits, 0);
  const sum = stats.creditsFree + granted + (calm ? stats.inflight : oracle.inflight);
  const fits = calm ? sum === spec.eventsLimit : sum <= spec.eventsLimit;
  check(fits, 'C7', () => `all credits together are ${sum} of ${spec.eventsLimit}`);
  countsOf(of).forEach((count, what) => {
    equal(what, told(of, stats, what), count - (of.base.get(what) ?? 0));
  });
  stats.ports.forEach((port, id) => {
    equal(`inflight of port ${id}`, port.inflight, oracle.ports[id]!.held.length);
    equal(`cqUsed of port ${id}`, port.cqUsed, Math.max(0, oracle.ports[id]!.undelivered));
  });
  stats.queues.forEach((queue, id) => {
    const its = oracle.queues[id]!;
    equal(
      `inflight of queue ${id}`,
      queue.inflight,
      its.held.reduce((a, b) => a + b, 0),
    );
    for (const [level, used] of queue.iqUsed.entries()) {
      const most = its.waiting[level]!;
      const least = most - its.windowed[level]!;
      check(used >= least && used <= most, 'statistics', () => {
        return `queue ${id}, level ${level}: iqUsed is ${used}, not ${least}..${most}`;
      });
    }
    for (const { port, events } of queue.pinned) equal('pinned events', events, its.held[port]!);
  });
  checkBuffers(of);
}

/** Counts by name, as the oracle has them. */
export function countsOf(of: SimDomain): Map<string, number> {
  const { oracle } = of;
  const counts = new Map<string, number>([
    ['rx', oracle.rx],
    ['tx', oracle.tx],
    ['dropped', oracle.dropped],
  ]);
  oracle.ports.forEach((port, id) => {
    counts.set(`ports.${id}.rx`, port.rx);
    counts.set(`ports.${id}.tx`, port.tx);
    counts.set(`ports.${id}.dropped`, port.dropped);
    if (of.hasMortals) return;
    // What an interrupted call has counted is its own affair.
    counts.set(`ports.${id}.misordered`, port.misordered);
    for (const why of ['credit', 'threshold', 'ringFull'] as const) {
      counts.set(`ports.${id}.refused.${why}`, port.refused[why]);
    }
  });
  oracle.queues.forEach((queue, id) => {
    counts.set(`queues.${id}.tx`, queue.tx);
    counts.set(`queues.${id}.dropped`, queue.dropped);
  });
  return counts;
}

function told(of: SimDomain, stats: object, what: string): number {
  let value: unknown = stats;
  for (const part of what.split('.')) value = (value as Record<string, unknown>)[part];
  check(typeof value === 'number', 'statistics', () => `domain ${of.domain.id}: no ${what}`);
  return value as number;
}
