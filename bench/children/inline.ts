/** `node inline.js SHAPE`: an inline rig that makes a run for each line, the number of its events. */
import { createInterface } from 'node:readline';
import { InlineRig } from '../rigs/inline-rig.js';
import type { InlineShape } from '../rigs/inline-rig.js';

/** V8 replaces the code of a loop's first runs: these come before the first that is asked for. */
const WARM_UP_RUNS = 4;

const rig = await InlineRig.open(JSON.parse(process.argv[2]!) as InlineShape);
let isWarm = false;
console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface(process.stdin)) {
  const events = Number(line);
  for (let i = 0; !isWarm && i < WARM_UP_RUNS; i++) rig.run(events);
  isWarm = true;
  console.log(JSON.stringify(rig.run(events)));
}
await rig.close();
