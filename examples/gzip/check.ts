/** Whether what was written brings back what went in. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Failure } from '../command/failure.js';
import type { Compression } from './compress.js';

/** @param file the compressed file. @throws Failure when it does not. */
export async function checkFile(
  file: string,
  { bytesIn, digest }: Compression,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const take = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
      for await (const piece of pieces) {
        bytes += piece.length;
        hash.update(piece);
      }
    };
    await pipeline(createReadStream(file), createGunzip(), take, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new Failure(`wrong: the result cannot be decompressed: ${(error as Error).message}`);
  }
  if (bytes !== bytesIn || hash.digest('hex') !== digest) {
    throw new Failure(`wrong: ${bytesIn} bytes went in, ${bytes} others came out`);
  }
}
