/** An inline device's seat, with its scheduler within reach: see lib/device/inline-seat.ts. */
import type { SchedulerSeat } from '../../lib/control/index.js';
import type { Command, Reply } from '../../lib/eventdev/commands.js';
import { LINE_BYTES } from '../../lib/memory/lines.js';
import { Scheduler } from '../../lib/scheduler/index.js';
import { Violation } from './violation.js';

export class OpenSeat implements SchedulerSeat {
  readonly bell = new SharedArrayBuffer(LINE_BYTES);
  readonly threaded = false;
  readonly scheduler = new Scheduler(true, (domain, why) => {
    throw new Violation('threw', `domain ${domain}: ${why}`);
  });
  /** The last answer, and the last answer to a stop per domain. */
  reply: Reply | null = null;
  readonly stops = new Map<number, Reply>();

  /** A stop with a grace is answered by a later pass. */
  apply(command: Command): Promise<Reply> {
    return new Promise((resolve) => {
      this.request(command, resolve);
    });
  }

  request(command: Command, answered: (reply: Reply) => void = () => {}): void {
    this.reply = null;
    if (command.type === 'stop') this.stops.delete(command.domain);
    this.scheduler.apply(command, (reply) => {
      this.reply = reply;
      if (command.type === 'stop') this.stops.set(command.domain, reply);
      answered(reply);
    });
  }
}
