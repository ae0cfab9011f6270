/** What producers, workers and the sink have in common: taking a port, stalling, leaving. */
import { attachPort, DlbError } from '../../lib/index.js';
import type { Port } from '../../lib/index.js';
import { tell, TALLY } from './board.js';
import type { Board, Orders } from './board.js';
import { Random } from './random.js';

const STALL_MS = 3;

export class Hand {
  readonly orders: Orders;
  readonly board: Board;
  readonly random: Random;
  /** The number under which events and locks are held. */
  hire = 0;
  port: Port;

  constructor(orders: Orders) {
    this.orders = orders;
    this.board = orders.board;
    this.port = this.#attach();
    this.random = new Random(orders.topology.seed ^ Math.imul(this.hire, 0x9e3779b1));
  }

  get isOpen(): boolean {
    const { state } = this.port;
    return state === 'configured' || state === 'started';
  }

  /** Now and then: loses some time, busy or asleep. */
  stall(): void {
    const { topology } = this.orders;
    if (!this.random.onceIn(topology.stallOnceIn)) return;
    const ms = (this.random.below(STALL_MS * 1000) + 1) / 1000;
    if (this.random.onceIn(2)) {
      this.sleep(ms);
      return;
    }
    const until = performance.now() + ms;
    while (performance.now() < until);
  }

  sleep(ms: number): void {
    Atomics.wait(this.board.tally, TALLY.NEVER, 0, ms);
  }

  /** Now and then: leaves the port, with all that it holds, and takes it anew. */
  mayLeave(): boolean {
    const { detachOnceIn } = this.orders.topology;
    if (detachOnceIn === 0 || !this.random.onceIn(detachOnceIn)) return false;
    tell(this.board, TALLY.DETACHED);
    Atomics.store(this.board.gone, this.hire, 1);
    this.port.detach();
    this.port = this.#attach();
    return true;
  }

  /** The port, once whoever had it before is known to be gone. */
  #attach(): Port {
    const { board, orders } = this;
    const hire = Atomics.add(board.tally, TALLY.HIRES, 1) + 1;
    for (;;) {
      try {
        const port = attachPort(orders.attachment);
        this.hire = hire;
        Atomics.store(board.holder, orders.attachment.portId, hire);
        return port;
      } catch (error) {
        if (!(error instanceof DlbError) || error.code !== 'ERR_DLB_PORT_IN_USE') throw error;
        this.sleep(1);
      }
    }
  }
}
