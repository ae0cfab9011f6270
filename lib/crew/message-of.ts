/** What to say of something thrown, whatever it is. Does not throw. */
export function messageOf(thrown: unknown): string {
  try {
    const message: unknown = (thrown as Error | null | undefined)?.message;
    return String(message ?? thrown);
  } catch {
    return 'something was thrown that has no text';
  }
}
