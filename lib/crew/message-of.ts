import { inspect } from 'node:util';

/** What to say of something thrown, whatever it is. Does not throw. */
export function messageOf(thrown: unknown): string {
  try {
    const message: unknown = (thrown as Error | null | undefined)?.message;
    const text = String(message ?? thrown);
    if (text !== '[object Object]') return text;
    return inspect(message ?? thrown, { depth: 1, breakLength: Infinity, customInspect: false });
  } catch {
    return 'something was thrown that has no text';
  }
}
