/** A place for what nobody asked for: it is written to be checked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programName } from './failure.js';
import { untilSettled } from './signals.js';

/** Gives `use` the name of a file that is not there yet, and leaves no trace of it. */
export async function inScratch<T>(name: string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), `${programName()}-`));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const settled = untilSettled(remove);
  try {
    return await use(join(folder, name));
  } finally {
    remove();
    settled();
  }
}
