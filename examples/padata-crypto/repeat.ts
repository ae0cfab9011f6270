/** The packets through softdlb again and again, until stopped: something to look at while it runs. */
import { createPadata } from '../../lib/index.js';
import type { Padata } from '../../lib/index.js';
import { Failure } from '../command/failure.js';
import { writeOut } from '../command/standard-streams.js';
import { machine } from './compare.js';
import { oneThread } from './contestants/one-thread.js';
import { Output } from './load.js';
import type { Load } from './load.js';
import { packetLoad } from './loads.js';
import type { RepeatCommand } from './options.js';
import { machineLine } from './report.js';

const END = -1;

/** Ends when `signal` is aborted: that is how it is meant to end. @throws Failure: a result is wrong */
export async function runRepeatedly(command: RepeatCommand, signal: AbortSignal): Promise<void> {
  const { workers, json, control } = command;
  const load = packetLoad();
  const expected = new Output(load);
  await oneThread(load).round(expected, signal);
  if (!json) await writeOut(`${machineLine(machine(workers))}\n${invitation(control)}\n`);
  const { name, module, packets: context, room: bytes } = load;
  const pool = await createPadata({ name, module, context, bytes, workers, control });
  const startedAt = performance.now();
  let packets = 0;
  try {
    while (!signal.aborted) await oneRound(pool, load, expected, signal, () => packets++);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await pool.close();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await tell({ packets, seconds, packetsPerSecond: packets / seconds, workers }, json);
}

async function oneRound(
  pool: Padata,
  { units, room, fill }: Load,
  expected: Output,
  signal: AbortSignal,
  onPacket: () => void,
): Promise<void> {
  await pool.run(
    (buffer, number) => (number < units ? fill(buffer, number) : END),
    (result, number) => {
      const from = number * room;
      if (Buffer.compare(result, expected.bytes.subarray(from, from + room)) !== 0) {
        throw new Failure(`packet ${number} is not what one thread makes of it`);
      }
      onPacket();
    },
    { signal },
  );
}

function invitation(control: boolean): string {
  const look = control ? '; "npx softdlb top" in another terminal shows how' : '';
  return `encrypting packets until Ctrl-C${look}`;
}

interface Summary {
  readonly packets: number;
  readonly seconds: number;
  readonly packetsPerSecond: number;
  readonly workers: number;
}

function tell(summary: Summary, json: boolean): Promise<void> {
  if (json) return writeOut(`${JSON.stringify(summary)}\n`);
  const { packets, seconds, packetsPerSecond } = summary;
  const rate = Math.round(packetsPerSecond);
  return writeOut(`${packets} packets in ${seconds.toFixed(1)} s, ${rate} a second, all correct\n`);
}
