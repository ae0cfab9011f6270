/** Where a name leads when nothing is there yet. */
import { readlink, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, sep } from 'node:path';
import { Failure } from './failure.js';

/**
 * The place of the file that opening `name` would create: a link that leads to nothing is followed,
 * as a shell's `>` does. The caller has seen that links do not go round in a circle.
 *
 * @throws when the directory does not exist.
 */
export async function throughLinks(name: string): Promise<string> {
  if (name.endsWith('/') || name.endsWith(sep)) {
    throw new Failure(`cannot write ${name}: no such directory`);
  }
  const directory = await realpath(dirname(name));
  const place = join(directory, basename(name));
  const target = await linkTarget(place);
  if (target === undefined) return place;
  // Not normalized: in `a/../b`, what is above `a` depends on where `a` leads.
  return throughLinks(isAbsolute(target) ? target : `${directory}/${target}`);
}

async function linkTarget(place: string): Promise<string | undefined> {
  try {
    return await readlink(place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EINVAL') return undefined;
    throw error;
  }
}
