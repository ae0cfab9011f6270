/** Building a pool: everything is checked first, and what fails leaves nothing behind. */
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { openDevice } from '../device/index.js';
import type { Device } from '../device/index.js';
import type { Domain } from '../control/index.js';
import { CrashTeller } from '../crew/crash-teller.js';
import { Crew } from '../crew/crew.js';
import type { CrewOptions } from '../crew/crew.js';
import { reasonOf } from '../crew/thrown.js';
import { Beats } from './beats.js';
import { Exchange } from './exchange.js';
import { moduleInvalid } from './load-module.js';
import { settle } from './options.js';
import type { PadataOptions, PadataSettings } from './options.js';
import { watch } from './overdue.js';
import { Padata } from './padata.js';
import { seatPort } from './seat.js';
import type { SeatTask } from './seat.js';
import { padataSpec } from './shape.js';
import { RangeSlots } from './range.js';
import { Ranges } from './ranges.js';
import { StreamTable } from './stream-table.js';
import { WorkerSets } from './worker-sets.js';

const ENTRY = new URL('../../workers/padata.cjs', import.meta.url);
/** Jobs that end their threads are forwarded as failed, so seats stay far below it. */
const BARREN_MAX_BEYOND_ATTEMPTS = 5;

/**
 * Creates a pool of threads with the parallel function of a module; see README.md.
 * @throws DlbError ERR_DLB_INVALID_ARGUMENT: an option is wrong;
 *                  ERR_DLB_MODULE_INVALID: the module does not load or has no parallel function.
 */
export async function createPadata(options: PadataOptions): Promise<Padata> {
  const settings = settle(options);
  const device = await openDevice({
    schedulerRestarts: 0,
    name: settings.name,
    control: settings.control,
  });
  try {
    return await build(device, settings);
  } catch (error) {
    await device.close();
    throw error;
  }
}

/** @deprecated it is `createPadata`. */
export const openPadata = createPadata;

async function build(device: Device, settings: PadataSettings): Promise<Padata> {
  const domain = await device.createDomain(padataSpec(settings));
  const exchange = new Exchange(domain, settings);
  domain.onEnd((reason) => exchange.break(reason));
  await domain.start();
  const beats = new Beats(settings.workers);
  const crashes = new CrashTeller(`pool '${settings.name}'`, settings.onCrash);
  const crew = new Crew(
    domain,
    crewOptions(domain, exchange, settings, beats, {
      onRetired: (seat) => sets.vacate(seat),
      onCrash(crash, stint) {
        exchange.bury(crash.worker, crash.cause);
        crashes.tell(crash, stint);
      },
    }),
  );
  const sets = new WorkerSets(domain, crew, settings.workers);
  const streams = new StreamTable(exchange, settings, sets);
  try {
    await crew.muster();
  } catch (error) {
    await crew.terminate();
    exchange.failures.close();
    throw error;
  }
  const rangeBuffers = exchange.buffers.slice(settings.jobs * settings.streams);
  const slots = new RangeSlots(exchange, settings.streams, rangeBuffers, settings.workers);
  const ranges = new Ranges(slots, sets, settings);
  const unwatch = watch(settings, { streams, exchange, crew, beats });
  return new Padata({
    settings,
    device,
    domain,
    exchange,
    streams,
    ranges,
    sets,
    crew,
    unwatch,
  });
}

function crewOptions(
  domain: Domain,
  exchange: Exchange,
  settings: PadataSettings,
  beats: Beats,
  hooks: Required<Pick<CrewOptions, 'onRetired' | 'onCrash'>>,
): CrewOptions {
  const {
    name,
    workers,
    resourceLimits,
    module,
    context,
    bytes,
    attempts,
    concurrency,
    timeoutMs,
  } = settings;
  return {
    name,
    entry: ENTRY,
    seats: workers,
    firstPort: seatPort(0),
    barrenMax: attempts + BARREN_MAX_BEYOND_ATTEMPTS,
    setupTimeoutMs: settings.setupTimeoutMs,
    unref: settings.unref,
    resourceLimits,
    task(seat): unknown {
      const attachment = domain.attachment(seatPort(seat));
      const { handles } = exchange;
      const failures = exchange.failures.connect(seat);
      const { memory } = beats;
      const work = { handles, bytes, attempts, concurrency, failures };
      const common = { module, context, ...work, timeoutMs, beats: memory };
      const task: SeatTask = { seat, attachment, ...common };
      // The port moves with it.
      return move({ [transferableSymbol]: failures.port, [valueSymbol]: task });
    },
    refusal: (cause) => moduleInvalid(module, reasonOf(cause)),
    ...hooks,
    // If the domain is gone, that is the reason, and it has been told.
    onLost: (error) => exchange.break(error),
  };
}
