/**
 * What becomes of jobs that are overdue: they are told of, and fail if that was asked for.
 *
 * Runs on: a timer of the thread that opened the pool.
 */
import type { Crew } from '../crew/crew.js';
import { DlbError } from '../eventdev/errors.js';
import type { Beats } from './beats.js';
import type { Exchange } from './exchange.js';
import type { PadataSettings } from './options.js';
import type { StreamTable } from './stream-table.js';
import { Watchdog } from './watchdog.js';

export interface WatchParts {
  readonly streams: StreamTable;
  readonly exchange: Exchange;
  readonly crew: Crew;
  readonly beats: Beats;
}

/** Starts the watchdog if there is to be one. Returns how to end it. */
export function watch(settings: PadataSettings, parts: WatchParts): () => void {
  const { timeoutMs, onOverdue, overdue } = settings;
  if (timeoutMs === undefined) return () => {};
  const { streams, exchange, crew, beats } = parts;
  // One of those that the thread has in hand keeps its event loop from turning, and any of them may be that one:
  // they start again, each alone, and then it is known.
  const isUnclear = (seat: number): boolean =>
    beats.still(seat, performance.now()) >= timeoutMs / 2 && exchange.heldBy(seat).length > 1;
  const watchdog = new Watchdog({
    ms: timeoutMs,
    streams: () => streams.watched,
    onLook: (now) => beats.look(now),
    onOverdue(report, job) {
      const { worker: seat, stream } = report;
      if (overdue === 'fail' && seat !== undefined) {
        if (!isUnclear(seat)) job.condemn();
        const details = { stream, job: report.job, timeoutMs };
        crew.replace(seat, new DlbError('ERR_DLB_JOB_FAILED', 'a job was overdue', details));
      }
      try {
        onOverdue?.(report);
      } catch (error) {
        // The look goes on, and whoever watches the process sees it.
        queueMicrotask(() => {
          throw error;
        });
      }
    },
  });
  return () => watchdog.stop();
}
