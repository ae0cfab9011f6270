/** Loads the user's module, in whichever thread needs it. */
import { messageOf } from '../crew/message-of.js';
import { UserModule } from '../crew/user-module.js';
import { DlbError } from '../eventdev/errors.js';
import type { ModuleFunctions, ParallelModule } from './job.js';

/** @throws what the module throws, or an Error that says which function it lacks. */
export async function loadModule(url: string, context: unknown): Promise<ModuleFunctions> {
  const module = await UserModule.load(url);
  const setup = module.find('setup') as ParallelModule['setup'];
  const exported = functionsOf(module);
  if (setup === undefined) {
    if (hasFunction(exported)) return exported;
    throw new Error('the module exports no function named parallel or setup');
  }
  const made: unknown = await setup(context);
  if (typeof made === 'function') {
    const parallel = made as NonNullable<ModuleFunctions['parallel']>;
    return { ...exported, parallel };
  }
  if (typeof made === 'object' && made !== null && hasFunction(made)) return made;
  throw new Error('setup() returned no function');
}

function functionsOf(module: UserModule): ModuleFunctions {
  const names = ['parallel', 'serial', 'range'] as const;
  const found = names.flatMap((name) => {
    const one = module.find(name);
    return one === undefined ? [] : [[name, one]];
  });
  return Object.fromEntries(found) as ModuleFunctions;
}

/** A module for ranges alone needs no parallel function. */
function hasFunction(functions: ModuleFunctions): boolean {
  return typeof functions.parallel === 'function' || typeof functions.range === 'function';
}

/** The error for a module that cannot be used. */
export function moduleInvalid(module: string, cause: unknown): DlbError {
  const reason = cause === undefined ? 'the thread returned' : messageOf(cause);
  const details = { field: 'module', module, reason };
  const error = new DlbError('ERR_DLB_MODULE_INVALID', 'the module cannot be used', details);
  error.cause = cause;
  return error;
}
