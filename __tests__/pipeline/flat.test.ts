/** Memory stays flat: `npm run stress -- --flat` shows it in bytes, over millions of items. */
import { expect, test } from '@jest/globals';
import { runFlat } from './flat.js';

test('the source is never ahead by more than the window, however slow the consumer', async () => {
  const { items, lead, window } = await runFlat(40_000);
  expect(items).toBe(40_000);
  expect(lead).toBeLessThanOrEqual(window);
});
