/** Handlers that fail, and what says whether that may go away. */
import type { StageContext } from '../../../lib/pipeline/index.js';

export function handle(item: string, { attempt }: StageContext): number {
  // oxlint-disable-next-line typescript/only-throw-error -- handlers throw what they like.
  if (item === 'null') throw null;
  throw Object.assign(new Error(item), { attempt });
}

export function isTransient(error: Error): boolean {
  if (error.message === 'odd') throw new RangeError('cannot tell');
  return error.message === 'transient';
}
export const later = async (): Promise<boolean> => true;
export const rejects = async (error: { response?: { status: number } }): Promise<boolean> =>
  error.response!.status === 503;
export const truthy = (error: Error | null): unknown => error?.message;
export const echo = (item: string): string => item;
