/** Pools for tests: opened with a module of this folder, closed whatever happens. */
import { createPadata } from '../../lib/padata/index.js';
import type { Padata, PadataOptions } from '../../lib/padata/index.js';

export function moduleUrl(name: string): URL {
  return new URL(`./modules/${name}.js`, import.meta.url);
}

export async function withPool<T>(
  name: string,
  options: Partial<PadataOptions>,
  use: (pool: Padata) => Promise<T>,
): Promise<T> {
  const common = { module: moduleUrl(name), bytes: 64, workers: 2, onCrash: () => {} };
  const pool = await createPadata({ ...common, ...options });
  try {
    return await use(pool);
  } finally {
    await pool.close({ timeoutMs: 10_000 });
  }
}

/** `count` jobs of two bytes, their number modulo 2^16. */
export function* numbered(count: number): Generator<Uint8Array> {
  for (let number = 0; number < count; number++) yield twoBytes(number);
}

export function twoBytes(number: number): Uint8Array {
  return Uint8Array.of(number >> 8, number);
}

export function inverted(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte ^ 0xff);
}

/** Something that a callback counts and a test waits for. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
