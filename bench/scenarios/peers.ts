/** The same events without softdlb: by message, and as tasks of a pool. */
import { EndToEndRig } from '../rigs/end-to-end-rig.js';
import { MessageRig, OBJECT, OBJECTS, words } from '../rigs/message-rig.js';
import { PiscinaRig } from '../rigs/piscina-rig.js';
import type { Contestant, Outcome, Run, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';
import { DEQUEUE_DEPTH } from './end-to-end.js';

interface Rig {
  run(events: number): Promise<Run>;
  close(): Promise<void>;
}

interface Entrant {
  readonly name: string;
  /** As many as take a good part of a second. */
  readonly events: number;
  readonly open: () => Promise<Rig> | Rig;
}

const ENTRANTS: readonly Entrant[] = [
  {
    name: 'softdlb, P1 ──▶ [atomic] ──▶ C1,C2',
    events: 2_000_000,
    open: () => EndToEndRig.open({ consumers: 2, dequeueDepth: DEQUEUE_DEPTH }),
  },
  {
    name: 'postMessage, 32 in an Int32Array',
    events: 1_000_000,
    open: () => MessageRig.open(words()),
  },
  {
    name: 'postMessage, 32 objects',
    events: 500_000,
    open: () => MessageRig.open(OBJECTS),
  },
  {
    name: 'postMessage, one object',
    events: 100_000,
    open: () => MessageRig.open(OBJECT),
  },
  { name: 'piscina, no-op task, 1 thread', events: 20_000, open: () => new PiscinaRig(1) },
  { name: 'piscina, no-op task, 2 threads', events: 20_000, open: () => new PiscinaRig(2) },
];

export const peers: Scenario = {
  name: 'peers',
  topology: 'P1 ──▶ C1   by message; P1 ──▶ pool ──▶ P1   by task',
  about:
    'softdlb as in end-to-end; raw postMessage to one thread, without any scheduling, with as many ' +
    'events on their way; piscina with 64 tasks under way and the settings fastest here.',
  threads: 4,

  async run(settings, progress): Promise<Outcome> {
    const rigs: Rig[] = [];
    try {
      const contestants: Contestant[] = [];
      for (const { name, events, open } of ENTRANTS) {
        const rig = await open();
        rigs.push(rig);
        contestants.push({ name, events, run: (count) => rig.run(count) });
      }
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      return { rows, readings: [], goals: [] };
    } finally {
      for (const rig of rigs) await rig.close();
    }
  },
};
