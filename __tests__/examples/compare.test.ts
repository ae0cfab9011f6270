/** The default runs on small loads. */
import { expect, test } from '@jest/globals';
import { compare, machine } from '../../examples/padata-crypto/compare.js';
import { fileLoad, packetLoad } from '../../examples/padata-crypto/loads.js';
import { makeProgress } from '../../examples/command/progress.js';
import { comparisonData, machineLine, renderTable } from '../../examples/padata-crypto/report.js';

const { signal } = new AbortController();
const quiet = makeProgress(process.stderr, true);

test.each([
  ['packets', () => packetLoad(3000, 1), 4],
  ['file', () => fileLoad(1), 3],
])('all contestants give the same bytes: %s', async (name, makeLoad, contestants) => {
  const comparison = await compare(makeLoad(), 2, quiet, signal);
  const data = JSON.parse(JSON.stringify(comparisonData(comparison)));
  expect(data).toMatchObject({ name, rounds: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(data.contestants).toHaveLength(contestants);
  for (const line of data.contestants) {
    expect(line.unitsPerSecond).toBeGreaterThan(0);
    expect(line.cpuMicrosPerUnit).toBeGreaterThan(0);
    expect(line.outOfOrder).toBeLessThan(data.units);
  }
  expect(data.contestants[0]).toMatchObject({
    name: 'one thread',
    ratioToOneThread: 1,
    outOfOrder: 0,
  });
  const table = renderTable(comparison);
  for (const title of ['one thread', 'Piscina', 'softdlb', 'ratio', 'out of order', 'CPU per']) {
    expect(table).toContain(title);
  }
});

test('an abort ends a comparison and its pools', async () => {
  const controller = new AbortController();
  const reason = new Error('no longer');
  setImmediate(() => controller.abort(reason));
  const comparison = compare(packetLoad(50_000, 1), 2, quiet, controller.signal);
  await expect(comparison).rejects.toBe(reason);
});

test('a crowded machine is told', () => {
  const host = { ...machine(2), cores: 2 };
  expect(machineLine(host)).toMatch(/2 cores.*2 workers: more threads than cores$/);
  expect(machineLine({ ...host, cores: 16, workers: 1 })).toMatch(/and 1 worker$/);
});
