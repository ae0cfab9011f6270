/** A tenant beside one that means harm. */
import { TenantsRig } from '../rigs/tenants-rig.js';
import { withRigs } from '../rigs/rigs.js';
import type { Contestant, Outcome, Scenario } from '../scenario.js';
import { measureInTurns } from '../turns.js';

const EVENTS = 16_000_000;
const SHARE_MIN = 0.8;

export const twoTenants: Scenario = {
  name: 'two-tenants',
  topology: 'T1 ──▶ [atomic] ──▶ T1   beside T2, on one device with one scheduler',
  about:
    'Each tenant has a virtual device and a thread; T1 sends itself events, bursts of 32, and checks that all come, in order. ' +
    'T2 does the same, or: enqueues garbage, hoards credits and completes nothing, writes random words into its memory, ' +
    'floods the mailbox, asks for what it may not have, and dies. What T1 gets beside a polite T2 is its share.',
  threads: 3,

  run: (settings, progress) =>
    withRigs(async (open): Promise<Outcome> => {
      const polite = await open(TenantsRig.open('polite'));
      const hostile = await open(TenantsRig.open('hostile'));
      const contestants: Contestant[] = [
        { name: 'beside a polite tenant', events: EVENTS, run: (events) => polite.run(events) },
        { name: 'beside a hostile tenant', events: EVENTS, run: (events) => hostile.run(events) },
      ];
      const rows = await measureInTurns(contestants, 'events/s', settings, progress);
      const share = 1 / rows[1]!.ratio;
      const readings = [
        { name: 'the hostile tenant died, or was cut off', value: hostile.deaths, unit: 'times' },
      ];
      const text = `beside a hostile tenant at least ${SHARE_MIN} of its share: ${share.toFixed(2)}`;
      return { rows, readings, goals: [{ text, met: share >= SHARE_MIN }] };
    }),
};
