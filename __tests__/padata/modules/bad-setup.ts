/** Its setup fails as the context says. */
export function setup(context: 'throws' | 'returns nothing'): unknown {
  if (context === 'throws') throw new Error('setup refused');
  return undefined;
}
