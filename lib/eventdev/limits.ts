/**
 * Limits, each with its reason. What a device may hand out depends on its model; what an event can
 * encode does not.
 */
import { FLOW_MASK, OPAQUE_MASK, QUEUE_MASK } from './event.js';

/** Queue ids have 8 bits, and 255 stays free as in DPDK, whose counts are 8-bit as well. */
export const QUEUES_MAX = QUEUE_MASK;
/** Ports of a domain: two words of a bitmap, one load each when the scheduler looks who rang. */
export const PORTS_MAX = 64;
/** Credits carry the port's generation in the same word: 21 bits are left for the count. */
export const EVENTS_LIMIT_MAX = 1 << 20;
/** Link profiles of a port, as DPDK's `RTE_EVENT_MAX_PROFILES_PER_PORT`. A power of two. */
export const PROFILES_MAX = 8;
/** Starvation avoidance as a DLB has it: a less urgent bin is let through about 1 % of the time. */
export const STARVATION_AVOIDANCE_DEFAULT = 0.01;
/** With more than half the less urgent would go first. */
export const STARVATION_AVOIDANCE_MAX = 0.5;
/** As a DLB's watchdog, which has 1, 10 and 40 s to choose from. */
export const WATCHDOG_MS_DEFAULT = 10_000;
/** A day. The scheduler counts milliseconds in 32 bits. */
export const WATCHDOG_MS_MAX = 86_400_000;
/** A tenant's ports have the driver's limit, 1000 ingress errors in a second; others none, unless asked for. */
export const FAULT_LIMIT_DEFAULT = 0;
export const FAULT_LIMIT_MAX = 1_000_000;
/** Queue weight and affinity have 8 bits, as in DPDK. */
export const WEIGHT_MAX = 255;
/** A CQ as deep as DPDK's largest enqueue depth; deeper only binds events earlier than needed. */
export const DEQUEUE_DEPTH_MAX = 4096;
/** Largest depth in use where the spec leaves it open. What a CQ has no room for is parked with its flow,
 *  which costs more than the delivery: with 8192 events in flight over 1024 flows and two ports, depths
 *  of 512, 2048 and 4096 moved 10, 19 and 25 M events/s. */
export const DEQUEUE_DEPTH_ADAPTIVE = 4096;
/** As event_sw's `max_event_port_enqueue_depth`. */
export const ENQUEUE_DEPTH_MAX = 4096;
export const ENQUEUE_DEPTH_DEFAULT = 128;
/** A flow table has at most one slot per flow id. */
export const FLOWS_MAX = FLOW_MASK + 1;
/** event_sw's table size: large enough that 1000 live flows seldom share a slot. */
export const FLOWS_DEFAULT = 16384;
/** A window wider than all credits would never fill. */
export const SEQUENCES_MAX = EVENTS_LIMIT_MAX;
/** The largest sequence-number group of a DLB. */
export const SEQUENCES_DEFAULT = 1024;
export const BURST_CAPACITY_MAX = 65536;
/** `implOpaque` counts deliveries of a port modulo this. */
export const OPAQUE_RANGE = OPAQUE_MASK + 1;
/** Most events that a port with `wideNames` may have open: half of what 16 bits tell apart. */
export const OPEN_WIDE_MAX = 1 << 15;

/** Payload buffers: the handle keeps 20 bits for the index and 11 for the allocation's number. */
export const BUFFERS_MAX = 1 << 20;
/** One buffer: keeps all offsets of a domain within 32 bits. */
export const BUFFER_BYTES_MAX = 1 << 28;
/** A stage needs its input and its output at once. */
export const RESERVE_PER_PORT = 2;
/** One SharedArrayBuffer; word offsets must fit in a signed 32-bit integer. */
export const DOMAIN_BYTES_MAX = 2 ** 32;

/** What one device may hand out in total. */
export interface ModelLimits {
  readonly domains: number;
  /** Load-balanced queues; of a host device all queues. */
  readonly queues: number;
  /** Load-balanced ports; of a host device all ports. */
  readonly ports: number;
  /** For load-balanced queues where directed ones have their own, else for all. */
  readonly credits: number;
  /** Pairs of a directed queue and its port. */
  readonly directedPorts: number;
  readonly directedCredits: number;
  readonly historyEntries: number;
  readonly atomicInflights: number;
  /** Bytes: more than there is, since memory ends by itself; quotas divide it. */
  readonly memory: number;
}

/**
 * 'host' is sized for software, and knows neither classes of ports nor sequence numbers nor directed ports of their own:
 * its history is as large as the most ports with all credits could fill. The others are the hardware's numbers (DPDK
 * `dlb2_hw_types.h`). Credits of a DLB 2.5 are combined.
 */
export const MODELS = {
  host: {
    domains: 256,
    queues: 4096,
    ports: 4096,
    credits: 1 << 24,
    directedPorts: 0,
    directedCredits: 0,
    historyEntries: 2 ** 30,
    atomicInflights: 0,
    memory: 2 ** 50,
  },
  'dlb2.0': {
    domains: 32,
    queues: 32,
    ports: 64,
    credits: 8192,
    directedPorts: 64,
    directedCredits: 4096,
    historyEntries: 2048,
    atomicInflights: 2048,
    memory: 2 ** 50,
  },
  'dlb2.5': {
    domains: 32,
    queues: 32,
    ports: 64,
    credits: 16384,
    directedPorts: 96,
    directedCredits: 0,
    historyEntries: 2048,
    atomicInflights: 2048,
    memory: 2 ** 50,
  },
} as const satisfies Record<string, ModelLimits>;

export type ModelName = keyof typeof MODELS;

/** Virtual devices: as many as functions that a DLB has; of a host device as many as domains. */
export const DLB_VDEVS_MAX = 16;
export const VDEVS_MAX = 256;

/** Limits of a DLB's ports and queues (dlb2_hw_types.h, libdlb). */
export const DLB_DEQUEUE_DEPTH_MAX = 1024;
/** The recommended CQ depth of DPDK's driver, and its history entries per port: 2048 for 64 ports. */
export const DLB_DEQUEUE_DEPTH_DEFAULT = 32;
export const DLB_HISTORY_DEPTH_DEFAULT = 32;
/** What libdlb gives an atomic queue. */
export const DLB_ATOMIC_INFLIGHTS_DEFAULT = 64;
/** Levels to which lock ids are compressed. */
export const DLB_FLOWS = [64, 128, 256, 512, 1024, 2048, 4096, 65536] as const;
export const DLB_FLOWS_DEFAULT = 2048;
