/** Loads the user's module, in whichever thread needs it. */
import type { ModuleFunctions, ParallelModule } from './job.js';

/** @throws what the module throws, or an Error that says which function it lacks. */
export async function loadModule(module: string, context: unknown): Promise<ModuleFunctions> {
  const loaded = (await import(module)) as ParallelModule;
  if (typeof loaded.setup !== 'function') {
    if (hasFunction(loaded)) return loaded;
    throw new Error('the module exports no function named parallel or setup');
  }
  const made = (await loaded.setup(context)) as unknown;
  if (typeof made === 'function') {
    const { serial, range } = loaded;
    const parallel = made as NonNullable<ModuleFunctions['parallel']>;
    return {
      parallel,
      ...(serial === undefined ? {} : { serial }),
      ...(range === undefined ? {} : { range }),
    };
  }
  if (typeof made === 'object' && made !== null && hasFunction(made)) return made;
  throw new Error('setup() returned no function');
}

/** A module for ranges alone needs no parallel function. */
function hasFunction(functions: ModuleFunctions): boolean {
  return typeof functions.parallel === 'function' || typeof functions.range === 'function';
}
