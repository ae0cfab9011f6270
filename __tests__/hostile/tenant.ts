/** The two tenants of the program: one that works, and one that means harm. */
import { parentPort, workerData } from 'node:worker_threads';
import { attachPort, attachVirtualDevice, DlbError, EventBurst, OP } from '../../lib/index.js';
import type { DomainSpec, Port, TenantDevice, TenantDomain } from '../../lib/index.js';
import { Random } from '../stress/random.js';
import { SHARED } from './two-tenants.js';
import type { GoodReport, TenantOrders } from './two-tenants.js';
import { Vandal } from './vandal.js';

const { role, handle, seed, shared } = workerData as TenantOrders;
const random = new Random(seed);
const burst = new EventBurst(64);

// ── the good one ──────────────────────────────────────────────────────────────────────────────

/** In the high half of every payload of its own. */
const MARK = 0x600d;
const RESULTS = 1;
const STEPS_PER_CALL = 200;

class Good {
  readonly #device: TenantDevice;
  readonly #domain: TenantDomain;
  readonly #source: Port;
  readonly #workers: readonly Port[];
  #sent = 0;
  #received = 0;
  #misplaced = 0;
  #foreign = 0;
  #calls = 0;

  private constructor(device: TenantDevice, domain: TenantDomain) {
    this.#device = device;
    this.#domain = domain;
    const [source, ...workers] = [0, 1, 2].map((id) => attachPort(domain.attachment(id)));
    this.#source = source!;
    this.#workers = workers;
  }

  static async begin(): Promise<Good> {
    const device = await attachVirtualDevice(handle);
    const domain = await device.createDomain({
      eventsLimit: 256,
      queues: [{ type: 'ordered' }, { type: 'directed' }],
      ports: [{ links: [RESULTS] }, { links: [0] }, { links: [0] }].map((port) => ({
        ...port,
        implicitRelease: false,
      })),
    });
    await domain.start();
    return new Good(device, domain);
  }

  async run(): Promise<GoodReport> {
    for (let step = 1; Atomics.load(shared, SHARED.QUIT) === 0; step++) {
      this.#step();
      Atomics.store(shared, SHARED.RECEIVED, this.#received);
      if (step % STEPS_PER_CALL === 0) await this.#control();
    }
    while (this.#received < this.#sent) this.#step(false);
    // A completion of the last ones is on its way.
    for (let stats = await this.#domain.stats(); stats.inflight > 0;) {
      stats = await this.#domain.stats();
    }
    const { dropped, ports } = await this.#domain.stats();
    const { flushed } = await this.#domain.stop();
    await this.#device.close();
    return {
      sent: this.#sent,
      received: this.#received,
      misplaced: this.#misplaced,
      foreign: this.#foreign,
      dropped: ports.reduce((sum, port) => sum + port.dropped, dropped),
      flushed,
      calls: this.#calls,
    };
  }

  #step(isSending = true): void {
    if (isSending) {
      burst.clear();
      const count = random.within(1, 64);
      for (let i = 0; i < count; i++) {
        burst.push({ payload: this.#sent + i, payloadHigh: MARK, flowId: i });
      }
      this.#sent += this.#source.enqueueBurst(burst);
    }
    for (const worker of this.#workers) {
      worker.dequeueBurst(burst, random.within(1, 64), random.below(2));
      for (let i = 0; i < burst.length; i++) {
        if (burst.payloadHigh(i) !== MARK || burst.queueId(i) !== 0) this.#foreign++;
        burst.setOp(i, OP.FORWARD);
        burst.setQueueId(i, RESULTS);
      }
      for (let sent = 0; sent < burst.length;) sent += worker.enqueueBurst(burst, sent);
    }
    this.#source.dequeueBurst(burst, 64, random.below(2));
    for (let i = 0; i < burst.length; i++) {
      if (burst.payloadHigh(i) !== MARK || burst.queueId(i) !== RESULTS) this.#foreign++;
      if (burst.payload(i) !== this.#received++) this.#misplaced++;
    }
    this.#source.release(burst.length);
  }

  /** What it asks of the controller is done, whatever the other one asks. */
  async #control(): Promise<void> {
    const spec: DomainSpec = {
      eventsLimit: 8,
      queues: [{ type: 'atomic' }],
      ports: [{ links: [0] }],
    };
    const extra = await this.#device.createDomain(spec);
    const port = attachPort(extra.attachment(0));
    await extra.start();
    burst.clear();
    burst.push({ payload: 7, payloadHigh: MARK });
    let got = 0;
    while (port.enqueueBurst(burst) === 0) port.awaitCredits(1, 5000);
    while (got === 0) got = port.dequeueBurst(burst, 64, 5000);
    if (burst.length !== 1 || burst.payload(0) !== 7 || extra.id !== 1) this.#foreign++;
    await extra.close();
    this.#calls++;
  }
}

// ── the bad one ───────────────────────────────────────────────────────────────────────────────

const SPEC: DomainSpec = {
  eventsLimit: 128,
  queues: [{ type: 'atomic' }, { type: 'ordered' }, { type: 'parallel' }, { type: 'directed' }],
  ports: [{ links: [0, 1] }, { links: [0, 1, 2], implicitRelease: false }, { links: [3] }, {}],
  buffers: { count: 16, bytes: 64 },
};
/** Within a second's ration, and far beyond. */
const FLOODS = [100, 5000];
const WRONG = [
  0,
  1,
  -1,
  7,
  0.5,
  Number.NaN,
  2 ** 40,
  '0',
  null,
  undefined,
  [],
  {},
  'x'.repeat(9999),
];

class Bad {
  readonly #device: TenantDevice;
  #domain!: TenantDomain;
  #ports: (Port | null)[] = [];

  constructor(device: TenantDevice) {
    this.#device = device;
  }

  async run(): Promise<void> {
    await this.#begin();
    for (;;) {
      const deed = random.pick(this.#deeds);
      Atomics.add(shared, SHARED.DEEDS, 1);
      await this.#tolerant(deed);
      if (random.onceIn(40)) this.#die();
      // The event loop turns, so that answers come in.
      if (random.onceIn(4)) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  readonly #deeds: readonly (() => unknown)[] = [
    (): void => this.#garbage(),
    (): void => this.#hoard(),
    (): void => this.#vandalise(),
    (): void => this.#ringTheBell(),
    (): void => this.#flood(),
    (): Promise<unknown> => this.#askWrong(),
    (): Promise<unknown> => this.#askMuch(),
    (): void => this.#saySomething(),
    (): Promise<void> => this.#beginAnew(),
  ];

  async #begin(): Promise<void> {
    this.#domain = await this.#device.createDomain(SPEC);
    await this.#domain.start();
    this.#ports = [0, 1, 2, 3].map((id) => attachPort(this.#domain.attachment(id)));
  }

  /** What it is refused it can bear; that the scheduler's books are not in order it must not bring about. */
  async #tolerant(deed: () => unknown): Promise<void> {
    try {
      await deed();
    } catch (error) {
      if (!(error instanceof DlbError)) throw error;
      if (error.code === 'ERR_DLB_DOMAIN_RESET_FAILED')
        Atomics.add(shared, SHARED.RESETS_FAILED, 1);
    }
  }

  #each(work: (port: Port) => void): void {
    for (const port of this.#ports) if (port !== null) work(port);
  }

  /** Ids, operations and types that do not exist, completions of nothing. */
  #garbage(): void {
    this.#each((port) => {
      burst.clear();
      while (burst.length < 64) {
        burst.push({
          queueId: random.below(256),
          op: random.below(4),
          schedType: random.below(4),
          flowId: random.word(),
          implOpaque: random.word(),
          payload: random.word(),
        });
      }
      port.enqueueBurst(burst);
      port.release(random.below(100));
      port.dequeueBurst(burst);
    });
  }

  /** Takes all credits and all events, and gives none back. */
  #hoard(): void {
    for (let i = 0; i < 20; i++) {
      this.#each((port) => {
        burst.clear();
        while (burst.length < 64) burst.pushNew(burst.length & 3, random.below(4), 0, 1);
        port.enqueueBurst(burst);
        if (random.onceIn(3)) port.dequeueBurst(burst);
      });
    }
  }

  #vandalise(): void {
    const vandal = new Vandal(this.#domain.attachment(random.below(4)), random);
    const strikes = random.below(3000);
    for (let i = 0; i < strikes; i++) vandal.strike();
    if (random.onceIn(8)) vandal.fill();
  }

  #ringTheBell(): void {
    const bell = new Int32Array(this.#domain.attachment(0).bell);
    for (let i = 0; i < 200; i++) {
      Atomics.store(bell, 0, random.onceIn(2) ? 0 : random.word());
      Atomics.notify(bell, 0);
    }
  }

  #flood(): void {
    const count = random.pick(FLOODS);
    for (let i = 0; i < count; i++) {
      const message = {
        kind: 'request',
        id: -i,
        command: 'stats',
        body: { domainId: 0, serial: i },
      };
      handle.mailbox.postMessage(message);
    }
  }

  /** Every argument there is, of every kind. */
  async #askWrong(): Promise<unknown> {
    const commands = ['start', 'stop', 'link', 'unlink', 'reclaim', 'why', 'stats', 'raiseAlert'];
    const some = (): unknown => random.pick(WRONG);
    return Promise.allSettled(
      commands.map((command) =>
        this.#device.call(command as never, {
          domainId: random.onceIn(2) ? this.#domain.id : some(),
          serial: random.onceIn(2) ? 1 : some(),
          portId: some(),
          queueId: some(),
          priority: some(),
          profile: some(),
          flowId: some(),
          aux: some(),
          graceMs: random.pick([0, 1, -1, 1e9]),
        }),
      ),
    );
  }

  async #askMuch(): Promise<unknown> {
    const specs = [
      { ...SPEC, eventsLimit: 1 << 20 },
      { ...SPEC, eventsLimit: 500 },
      { ...SPEC, name: 'x'.repeat(1 << 16) },
      { ...SPEC, queues: WRONG },
      SPEC,
    ] as DomainSpec[];
    const asked = await Promise.allSettled(specs.map((spec) => this.#device.createDomain(spec)));
    const made = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    return Promise.allSettled(made.map((domain) => domain.close()));
  }

  /** Whatever it is, it is no message. */
  #saySomething(): void {
    for (const what of WRONG) {
      handle.mailbox.postMessage(what);
      handle.mailbox.postMessage({ kind: what, id: what, command: what, name: what });
      handle.mailbox.postMessage({ kind: 'response', id: what, error: { code: what } });
    }
  }

  async #beginAnew(): Promise<void> {
    this.#ports = [];
    if (random.onceIn(2)) await this.#domain.stop(undefined, { graceMs: random.below(20) });
    await this.#domain.close();
    await this.#begin();
  }

  #die(): void {
    switch (random.below(3)) {
      case 0:
        return process.exit(1);
      case 1:
        throw new Error('a tenant dies');
      default:
        // Until it is ended from outside.
        Atomics.store(shared, SHARED.IS_STUCK, 1);
        for (;;) this.#hoard();
    }
  }
}

if (role === 'good') {
  const good = await Good.begin();
  parentPort!.postMessage(await good.run());
} else {
  await new Bad(await attachVirtualDevice(handle)).run();
}
