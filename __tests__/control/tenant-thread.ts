/** A tenant in a thread of its own that does what it is told, one call after the other. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { attachPort, attachVirtualDevice, DlbError, EventBurst } from '../../lib/index.js';
import type {
  AttachOptions,
  DomainSpec,
  Port,
  TenantDevice,
  TenantDomain,
  VirtualDevice,
} from '../../lib/index.js';

/** How the thread may end. */
export type Death = 'exit' | 'throw' | 'reject';

/** What it can be told; domains and ports by their ids. */
const CALLS = {
  async attach(options: AttachOptions): Promise<number> {
    const onReset = ({ timeoutMs }: { timeoutMs: number }): void => {
      parentPort!.postMessage({ told: `reset ${timeoutMs}` });
    };
    tenant = await attachVirtualDevice(workerData as never, { ...options, onReset });
    return tenant.version;
  },
  async create(spec: DomainSpec): Promise<{ id: number; name: string }> {
    const domain = await tenant.createDomain(spec);
    domains.set(domain.id, domain);
    return { id: domain.id, name: domain.name };
  },
  resources: () => tenant.resources(),
  call: (command: string, body: object) => tenant.call(command as never, body),
  /** A method of a domain. */
  domain: (id: number, method: 'start' | 'close' | 'stats' | 'unlinksInProgress', port: number) =>
    domains.get(id)![method](port),
  async stop(id: number): Promise<number[]> {
    const payloads: number[] = [];
    await domains.get(id)!.stop((events) => {
      for (let i = 0; i < events.length; i++) payloads.push(events.payload(i));
    });
    return payloads;
  },
  port(domain: number, id: number): void {
    ports.set(`${domain}.${id}`, attachPort(domains.get(domain)!.attachment(id)));
  },
  /** NEW events for queue 0, as many as there are credits in the domain; how many were accepted. */
  send(domain: number, id: number, payloads: number[]): number {
    const burst = new EventBurst(payloads.length);
    for (const payload of payloads) burst.push({ payload });
    const port = ports.get(`${domain}.${id}`)!;
    let sent = port.enqueueBurst(burst);
    while (sent < payloads.length && port.awaitCredits(1, 5000)) {
      sent += port.enqueueBurst(burst, sent);
    }
    return sent;
  },
  /** Queue and payload of the next `count` events, which it holds from then on. */
  take(domain: number, id: number, count: number): [queue: number, payload: number][] {
    const burst = new EventBurst(count);
    const got: [number, number][] = [];
    const port = ports.get(`${domain}.${id}`)!;
    while (got.length < count && port.dequeueBurst(burst, count - got.length, 5000) > 0) {
      for (let i = 0; i < burst.length; i++) got.push([burst.queueId(i), burst.payload(i)]);
    }
    return got;
  },
  /** Waits for events that never come: until the thread is ended from outside. */
  block(domain: number, id: number): void {
    parentPort!.postMessage({ told: 'blocked' });
    ports.get(`${domain}.${id}`)!.dequeueBurst(new EventBurst(1), 1, Infinity);
  },
  /** Asks for domains without end. */
  ask(spec: DomainSpec): void {
    const again = (): void => {
      tenant
        .createDomain(spec)
        .then((domain) => domain.close())
        .then(again, again);
    };
    for (let i = 0; i < 8; i++) again();
  },
  flood(count: number): void {
    for (let id = 1; id <= count; id++) {
      const mailbox = (workerData as { mailbox: { postMessage(message: unknown): void } }).mailbox;
      mailbox.postMessage({ kind: 'request', id: -id, command: 'resources', body: {} });
    }
  },
  die(how: Death): void {
    if (how === 'exit') process.exit(3);
    if (how === 'reject') void Promise.reject(new Error('the tenant rejects'));
    else {
      setImmediate(() => {
        throw new Error('the tenant throws');
      });
    }
  },
  leave: () => tenant.close(),
};

type Calls = typeof CALLS;
type Message = { id: number; name: keyof Calls; values: never[] };
type Answer = { id: number; result?: unknown; error?: { code: string; details: object } };

/** The thread as its test has it. */
export class TenantThread {
  readonly worker: Worker;
  /** What it said by itself. */
  readonly told: string[] = [];
  readonly #pending = new Map<number, (answer: Answer) => void>();
  #nextId = 0;

  /** Ended with what it is told to throw: nobody else need hear of that. */
  constructor(vdev: VirtualDevice) {
    this.worker = new Worker(new URL(import.meta.url), {
      workerData: vdev.handle,
      transferList: vdev.transferList,
    });
    this.worker.on('error', () => {});
    this.worker.on('message', (answer: Answer & { told?: string }) => {
      if (answer.told !== undefined) this.told.push(answer.told);
      else this.#pending.get(answer.id)?.(answer);
    });
  }

  /** @throws DlbError as the call did there */
  async ask<N extends keyof Calls>(
    name: N,
    ...values: Partial<Parameters<Calls[N]>>
  ): Promise<Awaited<ReturnType<Calls[N]>>> {
    const id = this.#nextId++;
    const answered = new Promise<Answer>((resolve) => this.#pending.set(id, resolve));
    this.worker.postMessage({ id, name, values });
    const { error, result } = await answered;
    if (error !== undefined) throw Object.assign(new Error(error.code), error);
    return result as Awaited<ReturnType<Calls[N]>>;
  }

  /** Resolves when it has said so. */
  async hears(what: string): Promise<void> {
    while (!this.told.includes(what)) await turn();
  }

  async gone(): Promise<void> {
    if (this.worker.threadId < 0) return;
    await new Promise((resolve) => this.worker.once('exit', resolve));
  }
}

/** One turn of the event loop, and a little time for the other threads. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

let tenant: TenantDevice;
const domains = new Map<number, TenantDomain>();
const ports = new Map<string, Port>();

async function obey({ id, name, values }: Message): Promise<void> {
  try {
    const call: (...values: never[]) => unknown = CALLS[name];
    parentPort!.postMessage({ id, result: await call(...values) });
  } catch (error) {
    if (!(error instanceof DlbError)) throw error;
    const { code, message, details } = error;
    parentPort!.postMessage({ id, error: { code, message, details } });
  }
}

if (!isMainThread && parentPort !== null) {
  parentPort.on('message', (message: Message) => void obey(message));
}
