/** The thread of a scheduler: takes commands when its bell rings, passes over its domains. */
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { Command } from '../lib/eventdev/commands.js';
import { runDuty } from '../lib/idle/duty-cycle.js';
import { Scheduler } from '../lib/scheduler/index.js';

const { bell, commands } = workerData as { bell: SharedArrayBuffer; commands: MessagePort };
const scheduler = new Scheduler(
  false,
  (domain, why) => commands.postMessage({ domain, why }),
  null,
  (alerts) => commands.postMessage({ alerts }),
);
let isDone = false;

function onBell(): void {
  for (let got = receiveMessageOnPort(commands); got; got = receiveMessageOnPort(commands)) {
    const { id, command } = got.message as { id: number; command: Command | null };
    if (command === null) {
      isDone = true;
      continue;
    }
    scheduler.apply(command, (reply) => commands.postMessage({ id, reply }));
  }
}

await runDuty(new Int32Array(bell), {
  pass: (sweep) => scheduler.pass(sweep),
  domains: scheduler.domains,
  onBell,
  get isStopping() {
    return scheduler.isStopping;
  },
  get isDone() {
    return isDone;
  },
});
commands.close();
