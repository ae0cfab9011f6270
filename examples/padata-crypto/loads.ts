/** The two default loads, made of real data: the executable that is running. */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ctrSeal } from './ctr.js';
import { systemFailure } from '../command/failure.js';
import type { Load } from './load.js';
import { PACKET_BYTES, packetSeal, TAG_BYTES } from './packet.js';

const PACKETS = 100_000;
/** Enough rounds for a median, few enough to be done in a minute. */
const PACKET_ROUNDS = 5;
const FILE_ROUNDS = 9;
/** As many packets as softdlb moves in one burst. */
const PACKET_BATCH = 32;
/** Packets are cut from this much of the executable: more than the caches hold. */
const SAMPLE_BYTES = 32 << 20;
const CHUNK_BYTES = 256 * 1024;
const AES_128_KEY_BYTES = 16;
const AES_256_KEY_BYTES = 32;
const IV_BYTES = 16;
const SALT_BYTES = 4;

/** Packets of 1500 bytes: much distribution, little work. */
export function packetLoad(count = PACKETS, rounds = PACKET_ROUNDS): Load {
  const sample = readSample(SAMPLE_BYTES);
  const places = Math.floor(sample.length / PACKET_BYTES);
  const packets = { key: randomBytes(AES_128_KEY_BYTES), salt: randomBytes(SALT_BYTES) };
  return {
    name: 'packets',
    title: `${count} packets of ${PACKET_BYTES} bytes, AES-128-GCM, a nonce each`,
    unit: 'packet',
    units: count,
    bytes: count * PACKET_BYTES,
    room: PACKET_BYTES + TAG_BYTES,
    batch: PACKET_BATCH,
    rounds,
    packets,
    module: new URL('./threads/packet-job.js', import.meta.url),
    fill(buffer, number) {
      const from = (number % places) * PACKET_BYTES;
      buffer.set(sample.subarray(from, from + PACKET_BYTES));
      return PACKET_BYTES;
    },
    seal: packetSeal(packets),
    close() {},
  };
}

/** The running executable in chunks of 256 KB: little distribution, much data. */
export function fileLoad(rounds = FILE_ROUNDS): Load {
  const file = openExecutable();
  const { size } = fstatSync(file);
  const iv = randomBytes(IV_BYTES);
  const chunks = { key: randomBytes(AES_256_KEY_BYTES), iv, chunk: CHUNK_BYTES };
  return {
    name: 'file',
    title: `the Node executable, ${size} bytes, AES-256-CTR in chunks of 256 KB`,
    unit: 'chunk',
    units: Math.ceil(size / CHUNK_BYTES),
    bytes: size,
    room: CHUNK_BYTES,
    batch: 1,
    rounds,
    chunks,
    module: new URL('./threads/chunk-job.js', import.meta.url),
    fill: (buffer, number) => readSync(file, buffer, 0, CHUNK_BYTES, number * CHUNK_BYTES),
    seal: ctrSeal(chunks),
    close: () => closeSync(file),
  };
}

function readSample(bytes: number): Uint8Array {
  const file = openExecutable();
  try {
    const sample = new Uint8Array(Math.min(bytes, fstatSync(file).size));
    readSync(file, sample);
    return sample;
  } finally {
    closeSync(file);
  }
}

function openExecutable(): number {
  try {
    return openSync(process.execPath, 'r');
  } catch (error) {
    throw systemFailure(`cannot read ${process.execPath}`, error);
  }
}
