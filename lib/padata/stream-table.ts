/**
 * The streams of a pool: each place has its flow and its buffers, for whoever has the place.
 *
 * Runs on: the thread that opened the pool. A place's flight stays when its stream goes: a buffer that
 * somebody still holds comes back to it, and to nobody else.
 */
import { DlbError } from '../eventdev/errors.js';
import type { PadataStats } from './contract.js';
import type { Exchange } from './exchange.js';
import { Flight } from './flight.js';
import type { PadataSettings } from './options.js';
import { Stream } from './stream.js';
import type { StreamPool } from './stream.js';
import type { Watched } from './watchdog.js';
import type { WorkerSets } from './worker-sets.js';

interface Place extends Watched {
  readonly flight: Flight;
  readonly stream: Stream;
}

export class StreamTable implements StreamPool {
  readonly bytes: number;
  /** Streams ever opened. */
  opened = 0;
  /** Set by the pool. */
  assertTakes = (): void => {};
  readonly #exchange: Exchange;
  readonly #settings: PadataSettings;
  readonly #sets: WorkerSets;
  readonly #flights: Flight[] = [];
  readonly #places: (Place | undefined)[];
  /** Of streams that are closed. */
  #completed = 0;
  #failed = 0;

  constructor(exchange: Exchange, settings: PadataSettings, sets: WorkerSets) {
    this.#exchange = exchange;
    this.#settings = settings;
    this.#sets = sets;
    this.bytes = settings.bytes;
    this.#places = Array.from<Place | undefined>({ length: settings.streams });
  }

  get all(): Stream[] {
    return this.#taken().map(({ stream }) => stream);
  }

  /** For the watchdog. */
  get watched(): readonly Watched[] {
    return this.#taken();
  }

  /**
   * @param serialOn the serial queue; undefined: serial is the submitting thread's.
   * @throws DlbError ERR_DLB_STREAMS_UNAVAILABLE
   */
  open(name: string, serialOn: number | undefined): Stream {
    const id = this.#places.indexOf(undefined);
    if (id === -1) {
      const { streams } = this.#settings;
      const what = 'all streams of the pool are open';
      throw new DlbError('ERR_DLB_STREAMS_UNAVAILABLE', what, { field: 'streams', streams });
    }
    this.opened++;
    const flight = (this.#flights[id] ??= this.#flightOf(id));
    flight.serialOn = serialOn;
    const stream = new Stream(id, name, flight, this);
    this.#places[id] = {
      name,
      flight,
      stream,
      due: () => flight.due(),
    };
    return stream;
  }

  homeOf(queue: number): number | undefined {
    return this.#sets.homeOf(queue);
  }

  release(stream: Stream): void {
    const { completed, failed } = stream.stats();
    this.#completed += completed;
    this.#failed += failed;
    this.#places[stream.id] = undefined;
  }

  stats(): Pick<PadataStats, 'inFlight' | 'completed' | 'failed' | 'streams'> {
    const sum = { inFlight: 0, completed: this.#completed, failed: this.#failed };
    const { all } = this;
    for (const stream of all) {
      const { inFlight, completed, failed } = stream.stats();
      sum.inFlight += inFlight;
      sum.completed += completed;
      sum.failed += failed;
    }
    return { ...sum, streams: all.length };
  }

  #taken(): Place[] {
    return this.#places.filter((place) => place !== undefined);
  }

  #flightOf(id: number): Flight {
    const { jobs, workers } = this.#settings;
    const buffers = this.#exchange.buffers.slice(id * jobs, (id + 1) * jobs);
    return new Flight(this.#exchange, id, buffers, workers);
  }
}
