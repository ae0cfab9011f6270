/** What a device can do, and what it may be opened with. */
import { fields } from '../control/index.js';
import { LEVELS } from '../eventdev/event.js';
import * as limits from '../eventdev/limits.js';
import type { ModelLimits, ModelName } from '../eventdev/limits.js';
import type { ControlOptions, DeviceOptions } from '../eventdev/spec.js';

const SCHEDULERS_MAX = 64;
const RESTARTS_MAX = 1_000_000;
const RESTARTS = 8;
const MODEL_NAMES = Object.keys(limits.MODELS) as ModelName[];

/** What a device can do. */
export interface DeviceInfo {
  readonly name: string;
  readonly scheduling: 'worker' | 'inline';
  readonly schedulers: number;
  readonly model: ModelName;
  /** Largest values of one domain. */
  readonly limits: {
    readonly queues: number;
    readonly ports: number;
    readonly eventsLimit: number;
    readonly flows: number;
    readonly sequences: number;
    readonly dequeueDepth: number;
    readonly enqueueDepth: number;
    readonly priorityLevels: number;
    /** Link profiles of a port. */
    readonly profiles: number;
    readonly buffers: number;
    readonly bufferBytes: number;
  };
  /** Of the whole device. */
  readonly resources: ModelLimits;
  /** In the words of eventdev's `event_dev_cap`. */
  readonly capabilities: readonly string[];
}

/** @throws DlbError ERR_DLB_INVALID_SPEC that names the option */
export function checkOptions(options: DeviceOptions): DeviceInfo {
  fields.checkObject(options, 'options', [
    'name',
    'scheduling',
    'schedulers',
    'schedulerRestarts',
    'model',
    'control',
  ]);
  const scheduling = fields.oneOf(
    options.scheduling,
    'options.scheduling',
    ['worker', 'inline'],
    'worker',
  );
  const max = scheduling === 'inline' ? 1 : SCHEDULERS_MAX;
  return {
    name: fields.text(options.name, 'options.name', 'dlb0'),
    scheduling,
    schedulers: fields.wholeNumber(options.schedulers, 'options.schedulers', {
      min: 1,
      max,
      fallback: 1,
    }),
    model: fields.oneOf(options.model, 'options.model', MODEL_NAMES, 'host'),
    limits: DOMAIN_LIMITS,
    resources: limits.MODELS[options.model ?? 'host'],
    capabilities: CAPABILITIES,
  };
}

const DOMAIN_LIMITS: DeviceInfo['limits'] = {
  queues: limits.QUEUES_MAX,
  ports: limits.PORTS_MAX,
  eventsLimit: limits.EVENTS_LIMIT_MAX,
  flows: limits.FLOWS_MAX,
  sequences: limits.SEQUENCES_MAX,
  dequeueDepth: limits.DEQUEUE_DEPTH_MAX,
  enqueueDepth: limits.ENQUEUE_DEPTH_MAX,
  priorityLevels: LEVELS,
  profiles: limits.PROFILES_MAX,
  buffers: limits.BUFFERS_MAX,
  bufferBytes: limits.BUFFER_BYTES_MAX,
};

/** In the order of their bits. Not DISTRIBUTED_SCHED: a thread schedules. Not EVENT_PRESCHEDULE and
 *  what goes with it: a CQ holds what comes next, and nothing has to be asked for. */
const CAPABILITIES: DeviceInfo['capabilities'] = [
  'QUEUE_QOS',
  'EVENT_QOS',
  'QUEUE_ALL_TYPES',
  'BURST_MODE',
  'IMPLICIT_RELEASE_DISABLE',
  'NONSEQ_MODE',
  'RUNTIME_PORT_LINK',
  'MULTIPLE_QUEUE_PORT',
  'CARRY_FLOW_ID',
  'MAINTENANCE_FREE',
  'RUNTIME_QUEUE_ATTR',
  'PROFILE_LINK',
  'ATOMIC',
  'ORDERED',
  'PARALLEL',
  'INDEPENDENT_ENQ',
];

const HTTP_PORT_MAX = 65_535;

/** Undefined: nobody may look from outside. */
export function checkControl(control: DeviceOptions['control']): ControlOptions | undefined {
  if (control === undefined || typeof control === 'boolean') return control ? {} : undefined;
  if (typeof control !== 'object') {
    throw fields.invalid('options.control', control, 'true, false or an object');
  }
  fields.checkObject(control, 'options.control', ['http']);
  const { http } = control;
  if (http !== undefined) {
    fields.wholeNumber(http, 'options.control.http', { min: 0, max: HTTP_PORT_MAX });
  }
  return control;
}

/** Deaths of a scheduler worker within a minute that are made good. */
export function checkRestarts({ schedulerRestarts }: DeviceOptions): number {
  return fields.wholeNumber(schedulerRestarts, 'options.schedulerRestarts', {
    min: 0,
    max: RESTARTS_MAX,
    fallback: RESTARTS,
  });
}
