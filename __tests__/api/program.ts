/**
 * A program outside the package: imports it by its public name and uses every name of it.
 *
 * It is compiled with this repository, run from it, and compiled and run again against the packed
 * package alone.
 */
import { Worker } from 'node:worker_threads';
import {
  attachPort,
  DlbError,
  EventBurst,
  lines,
  OP,
  openDevice,
  PRIORITY,
  records,
  REFUSAL,
  SCHED,
} from 'softdlb';
import type { BufferPool, Device, DeviceInfo, DeviceOptions, Domain, DomainSpec } from 'softdlb';
import type { DomainStats, Port, PortAttachment, PortSpec, QueueSpec } from 'softdlb';
import type { ChunkSource, LinesOptions, ResourceReport } from 'softdlb';
import type * as all from 'softdlb';
import type * as api from './shapes.js';
import type { Holds, Same, Serves } from './shapes.js';

/** Whether some may be left out does not show in these; `leftOut` leaves them out. */
type Arguments<F extends (...args: never[]) => unknown> = Required<Parameters<F>>;
type OnFlush = (events: EventBurst) => void;
type ReadyWhen = { signal?: AbortSignal; depth?: number; withinMs?: number };

// Names that do not say whose they are, beside those that do.
export type OlderNames = [
  Holds<Same<all.CloseOptions, all.PadataCloseOptions>>,
  Holds<Same<all.RangeOptions, all.PadataRangeOptions>>,
  Holds<Same<all.RangeSummary, all.PadataRangeSummary>>,
  Holds<Same<all.RunOptions, all.PadataRunOptions>>,
  Holds<Same<all.RunSummary, all.PadataRunSummary>>,
  Holds<Same<all.Stream, all.PadataStream>>,
  Holds<Same<all.StreamOptions, all.PadataStreamOptions>>,
  Holds<Same<all.StreamStats, all.PadataStreamStats>>,
  Holds<Same<all.ItemOptions, all.PipelineItemOptions>>,
];
// What callers make: exactly what was promised.
export type Given = [
  Holds<Same<DeviceOptions, api.OpenOptions>>,
  Holds<Same<DomainSpec, api.WholeSpec>>,
  Holds<Same<QueueSpec, api.OneQueue>>,
  Holds<Same<PortSpec, api.OnePort>>,
  Holds<Same<Parameters<EventBurst['push']>[0], api.Fields>>,
  Holds<Same<ConstructorParameters<typeof EventBurst>, [capacity: number]>>,
  Holds<Same<Arguments<typeof openDevice>, [options: api.OpenOptions]>>,
  Holds<Same<Arguments<typeof attachPort>, [attachment: PortAttachment]>>,
  Holds<Same<Arguments<Domain['link']>, [portId: number, queueId: number, priority: number]>>,
  Holds<Same<Arguments<Domain['bind']>, [portId: number, worker: Worker]>>,
  Holds<Same<Arguments<Domain['stop']>, [onFlush: OnFlush, options: { graceMs?: number }]>>,
  Holds<Same<Arguments<Port['enqueueBurst']>, [burst: EventBurst, from: number, count: number]>>,
  Holds<Same<Arguments<Port['dequeueBurst']>, [burst: EventBurst, max: number, waitMs: number]>>,
  Holds<Same<Arguments<Port['ready']>, [options: ReadyWhen]>>,
  Holds<Same<Arguments<typeof lines<true>>, [source: ChunkSource, options: LinesOptions<true>]>>,
  Holds<Same<Arguments<typeof records>, [source: ChunkSource]>>,
];

// What callers get: at least what was promised.
export type Got = [
  Holds<Same<typeof OP, api.Op>>,
  Holds<Same<typeof SCHED, api.Sched>>,
  Holds<Same<typeof PRIORITY, api.Priority>>,
  Holds<Serves<typeof REFUSAL, api.Refusal>>,
  Holds<Serves<EventBurst, api.Burst>>,
  Holds<Serves<DomainStats, api.Stats>>,
  Holds<Serves<Domain, api.OneDomain<PortAttachment>>>,
  Holds<Serves<Device, api.OneDevice<DeviceInfo, ResourceReport, PortAttachment>>>,
  Holds<Serves<Port, api.AttachedPort<EventBurst>>>,
  Holds<Serves<BufferPool, api.Pool>>,
  Holds<Serves<DlbError, api.Refused>>,
  Holds<Serves<ReturnType<typeof attachPort>, Port>>,
  Holds<Serves<ReturnType<typeof lines<false>>, AsyncIterable<string>>>,
  Holds<Serves<ReturnType<typeof lines<true>>, AsyncIterable<Uint8Array>>>,
  Holds<Serves<ReturnType<typeof records<number>>, AsyncIterable<number>>>,
  Holds<Serves<Awaited<ReturnType<typeof openDevice>>, Device>>,
  Holds<Serves<Awaited<ReturnType<Device['createDomain']>>, Domain>>,
  Holds<Serves<ResourceReport[keyof ResourceReport], { total: number; available: number }>>,
];

/** Compiles: what may be left out. */
export async function leftOut(domain: Domain, port: Port, events: EventBurst): Promise<void> {
  await openDevice();
  await openDevice({});
  domain.link(0, 0);
  await domain.stop();
  await domain.stop(() => {});
  await domain.stop(undefined, {});
  port.enqueueBurst(events);
  port.enqueueBurst(events, 0);
  port.dequeueBurst(events);
  port.dequeueBurst(events, 1);
  await port.ready();
  await port.ready({});
  events.push({});
}

const said: string[] = [];
function check(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`not so: ${what}`);
  said.push(what);
}

const spec: DomainSpec = {
  name: 'all fields',
  eventsLimit: 64,
  capacity: 64,
  queues: [
    {
      name: 'work',
      type: 'ordered',
      priority: PRIORITY.NORMAL,
      flows: 16384,
      sequences: 1024,
      scope: 'queue',
      fragments: 1,
    },
    { type: 'directed' },
    { type: 'atomic' },
  ],
  ports: [
    { name: 'in', newEventThreshold: 64, enqueueDepth: 32 },
    {
      links: [0, { queue: 2, priority: 0 }],
      dequeueDepth: 32,
      implicitRelease: false,
      independentEnqueue: false,
    },
    { links: [{ queue: 1 }] },
  ],
  buffers: { count: 8, bytes: 256, reserve: 2 },
};

const options: DeviceOptions = {
  name: 'outside',
  scheduling: 'inline',
  schedulers: 1,
  model: 'host',
};
const device: Device = await openDevice(options);
const info: DeviceInfo = device.info;
check(typeof info === 'object', 'a device has info');
const before: ResourceReport = device.resources();
const domain: Domain = await device.createDomain(spec);
check(domain.state === 'configured' && domain.id >= 0, 'a domain is configured');
const attachment: PortAttachment = domain.attachment(0);
const [producer, worker] = [attachPort(attachment), attachPort(domain.attachment(1))];
const sink: Port = attachPort(domain.attachment(2));
check(producer.id === 0 && producer.state === 'configured', 'ports attach before the start');
await domain.start();

const burst = new EventBurst(8);
const pool: BufferPool | undefined = producer.buffers;
if (pool === undefined) throw new Error('no buffers');
const many = new Int32Array(2);
check(pool.bytes === 256 && pool.allocMany(2, many), 'buffers are allocated together');
const handle = pool.alloc();
pool.view(handle)[0] = 42;
check(pool.free(many[0]!) && pool.free(many[1]!) && !pool.free(many[1]!), 'a free counts once');

burst.push({ flowId: 1, eventType: 2, subEventType: 3, priority: 4, payload: handle, op: OP.NEW });
burst.pushNew(0, 7, SCHED.ORDERED, 9);
burst.setPayload64(1, 0xffff_ffff_0000_0001n);
check(burst.length === 2 && burst.capacity === 8 && burst.words.length === 32, 'a burst has words');
check(producer.enqueueBurst(burst, 0, 2) === 2, 'events are accepted');
check(producer.refusal === REFUSAL.NONE, 'nothing was refused');
check(device.schedule() === 2, 'a pass moves events');
check(await worker.ready({ depth: 2, withinMs: 5, signal: new AbortController().signal }), 'ready');

const got = new EventBurst(8);
check(worker.dequeueBurst(got, 8, 0) === 2 && worker.outstanding === 2, 'events are delivered');
worker.working(0);
check(got.payload64(1) === 0xffff_ffff_0000_0001n && got.attempts(0) === 0, 'payloads travel');
const on = new EventBurst(2);
on.append(got, 0);
on.setQueueId(0, 1);
on.setOp(0, OP.FORWARD);
check(worker.enqueueBurst(on) === 1 && worker.release(1) === 1, 'events are completed');
device.schedule();
check(sink.dequeueBurst(got) === 1 && sink.buffers!.view(got.payload(0))[0] === 42, 'no copy');
for (const field of ['flowId', 'eventType', 'subEventType', 'priority'] as const) {
  check(got[field](0) === { flowId: 1, eventType: 2, subEventType: 3, priority: 4 }[field], field);
}
for (const set of ['setFlowId', 'setEventType', 'setSubEventType', 'setSchedType'] as const) {
  got[set](0, 1);
}
for (const set of ['setPriority', 'setImplOpaque', 'setPayload', 'setPayloadHigh'] as const) {
  got[set](0, 2);
}
check(got.schedType(0) + got.implOpaque(0) + got.payloadHigh(0) === 5, 'fields are set');
check(got.op(0) + got.queueId(0) > 0 && got.clear().length === 0, 'a burst is cleared');

domain.link(1, 2, 5);
domain.unlink(1, 2);
check(domain.unlinksInProgress(1) === 1, 'an unlink is in progress');
const thread = new Worker('', { eval: true });
domain.bind(0, thread);
await thread.terminate();
check((await domain.reclaim(2)).rescheduled === 1, 'a port is reclaimed');
check(sink.state === 'disabled', 'its thread has lost it');
const stats: DomainStats = domain.stats();
check(stats.inflight === 1 && stats.queues[1]!.iqUsed.length === 8, 'statistics');
domain.resetStats();
let flushed = 0;
const result = await domain.stop((events) => (flushed += events.length), { graceMs: 0 });
check(result.flushed === 1 && flushed === 1, 'a stop flushes');
try {
  await domain.stop();
} catch (error) {
  check(error instanceof DlbError && error.code === 'ERR_DLB_DOMAIN_NOT_STARTED', 'errors');
  check(error instanceof DlbError && error.details !== undefined, 'errors have details');
}
producer.detach();
worker[Symbol.dispose]();
await domain.close();
await domain[Symbol.asyncDispose]();
check(JSON.stringify(device.resources()) === JSON.stringify(before), 'all is given back');
await device[Symbol.asyncDispose]();
await device.close();
for await (const line of lines(['one l', 'ine\n'])) check(line === 'one line', 'lines');
for await (const line of lines([Uint8Array.of(97)], { bytes: true }))
  check(line[0] === 97, 'bytes');
for await (const { id } of records<{ id: number }>(['{"id":7}'])) check(id === 7, 'records');
process.stdout.write(`${said.length} checks passed\n`);
