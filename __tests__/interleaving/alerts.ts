/** The scenario of alerts: the scheduler raises some while control reads, and sleeps in between. */
import { explore, prepared, shared } from '../../lib/explore/index.js';
import type { Exploration, ExploreOptions } from '../../lib/explore/index.js';
import { AlertReader } from '../../lib/control/alert-reader.js';
import {
  ALERT_CAPACITY,
  ALERT_READER,
  ALERT_WORDS,
  ALERT_WRITER,
} from '../../lib/memory/alert-ring.js';
import { raise } from '../../lib/memory/signal.js';
import { Alerts } from '../../lib/scheduler/alerts.js';
import { observe, park } from '#words';
import { putLabels } from './labels.js';

const LAYOUT = { writer: 0, reader: 2, slots: 8 };
/** Stands for the message that wakes control's thread. */
const CALL = 4;
const WORDS = LAYOUT.slots + ALERT_CAPACITY * ALERT_WORDS;

interface Memory {
  readonly words: Int32Array;
}

function memory(): Memory {
  const buffer = new SharedArrayBuffer(WORDS * 4);
  const labels = Array.from({ length: WORDS }, (_, at) => `slot[${at - LAYOUT.slots}]`);
  labels[LAYOUT.writer + ALERT_WRITER.TAIL] = 'TAIL';
  labels[LAYOUT.writer + ALERT_WRITER.LOST] = 'LOST';
  labels[LAYOUT.reader + ALERT_READER.HEAD] = 'HEAD';
  labels[LAYOUT.reader + ALERT_READER.ARMED] = 'ARMED';
  labels[CALL] = 'CALL';
  putLabels(buffer, labels);
  return { words: shared(buffer, { label: (at) => labels[at]! }) };
}

/** Control sleeps whenever there is nothing, until it has all. */
export function sleepingReader(alerts: number, options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory,
      threads: {
        scheduler: prepared(
          ({ words }: Memory) => ({ words, writer: new Alerts(words, LAYOUT) }),
          ({ words, writer }) => {
            for (let i = 1; i <= alerts; i++) {
              writer.raise('user', -1, i);
              if (writer.takeCall()) raise(words, CALL);
            }
          },
        ),
        control: prepared(
          ({ words }: Memory) => ({ words, reader: new AlertReader(words, LAYOUT) }),
          ({ words, reader }) => {
            const got: number[] = [];
            while (got.length < alerts) {
              const seen = observe(words, CALL);
              const alert = reader.next();
              if (alert !== undefined) got.push(alert.aux);
              else if (reader.arm()) park(words, CALL, seen, Infinity);
            }
            return got.join();
          },
        ),
      },
      final: (_, { control }) => control,
    },
    options,
  );
}

/** The ring is full: control reads one alert while the scheduler raises another. */
export function fullRing(options: ExploreOptions = {}): Exploration {
  return explore(
    {
      memory: () => {
        const made = memory();
        return made;
      },
      threads: {
        scheduler: prepared(
          ({ words }: Memory) => {
            const writer = new Alerts(words, LAYOUT);
            for (let i = 1; i <= ALERT_CAPACITY; i++) writer.raise('user', -1, i);
            return writer;
          },
          (writer) => {
            writer.raise('user', -1, ALERT_CAPACITY + 1);
          },
        ),
        control: prepared(
          ({ words }: Memory) => new AlertReader(words, LAYOUT),
          (reader) => reader.next()?.aux,
        ),
      },
      final: ({ words }, { control }) => `took ${control}, lost ${words[LAYOUT.writer + 1]}`,
    },
    options,
  );
}
