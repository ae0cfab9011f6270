/**
 * The other gateway: opens every packet that was written, and compares it with what went in. It reads
 * the file afresh and knows the sealing side's keys, nothing else of it.
 */
import { createDecipheriv } from 'node:crypto';
import { Failure } from '../command/failure.js';
import { admit } from './admission.js';
import type { Association } from './associations.js';
import { CaptureSource } from './capture-source.js';
import type { GatewayCommand } from './options.js';
import { bytesOf, numberOf } from './record.js';

const OUTER_BYTES = 20;
const AUTHENTICATED_BYTES = 8;
const IV_BYTES = 8;
const ICV_BYTES = 16;

interface Opened {
  readonly spi: number;
  readonly sequence: number;
  readonly packet: Buffer;
}

/** @returns how many packets were compared. @throws Failure at the first difference. */
export async function checkPassage(
  { input, repeat }: GatewayCommand,
  output: string,
  associations: readonly Association[],
  signal: AbortSignal,
): Promise<number> {
  const source = await CaptureSource.open(input, repeat, signal);
  const sealed = await CaptureSource.open(output, 1, signal);
  try {
    const bySpi = new Map(associations.map((each) => [each.spi, { ...each, last: 0 }]));
    const sealedRecords = sealed.records();
    let compared = 0;
    for await (const record of source.records()) {
      signal.throwIfAborted();
      const expected = forwardable(record, source.format.linkType);
      if (expected === undefined) continue;
      const next = await sealedRecords.next();
      if (next.done === true) throw difference(numberOf(record), 'missing');
      const { spi, sequence, packet } = open(bytesOf(next.value), bySpi);
      const association = bySpi.get(spi)!;
      if (sequence !== association.last + 1) throw difference(numberOf(record), 'out of sequence');
      association.last = sequence;
      if (!packet.equals(expected)) throw difference(numberOf(record), 'another');
      compared++;
    }
    if ((await sealedRecords.next()).done !== true) throw new Failure('a packet too many came out');
    return compared;
  } finally {
    await source.close();
    await sealed.close();
  }
}

function difference(number: number, what: string): Failure {
  return new Failure(`the packet that went in as number ${number} came out ${what}`);
}

/** What must come out of the tunnel for this record; undefined for what is not IP, or refused. */
function forwardable(record: Uint8Array, linkType: number): Uint8Array | undefined {
  try {
    return admit(record, linkType)?.bytes;
  } catch {
    return undefined;
  }
}

/** @throws Failure for a packet that nobody can have sealed. */
function open(sealed: Uint8Array, bySpi: ReadonlyMap<number, Association>): Opened {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
  const spi = bytes.readUInt32BE(OUTER_BYTES);
  const sequence = bytes.readUInt32BE(OUTER_BYTES + 4);
  const association = bySpi.get(spi);
  if (association === undefined) throw new Failure(`an association that there is not: ${spi}`);
  const ivAt = OUTER_BYTES + AUTHENTICATED_BYTES;
  const iv = bytes.subarray(ivAt, ivAt + IV_BYTES);
  const nonce = Buffer.concat([association.salt, iv]);
  const decipher = createDecipheriv('aes-128-gcm', association.key, nonce);
  decipher.setAAD(bytes.subarray(OUTER_BYTES, ivAt));
  decipher.setAuthTag(bytes.subarray(-ICV_BYTES));
  const plain = decipher.update(bytes.subarray(ivAt + IV_BYTES, -ICV_BYTES));
  try {
    decipher.final();
  } catch {
    throw new Failure(`packet ${sequence} of association ${spi} is not authentic`);
  }
  const padding = plain.at(-2)!;
  return { spi, sequence, packet: plain.subarray(0, plain.length - 2 - padding) };
}
