/** The default runs, told as tables or as JSON. */
import { compare, machine } from './compare.js';
import { fileLoad, packetLoad } from './loads.js';
import type { CompareCommand } from './options.js';
import { makeProgress } from '../command/progress.js';
import { comparisonData, machineLine, renderTable } from './report.js';
import { writeOut } from '../command/standard-streams.js';

export async function runComparison(
  { workers, json, control }: CompareCommand,
  signal: AbortSignal,
): Promise<void> {
  const progress = makeProgress(process.stderr);
  const host = machine(workers);
  const runs: object[] = [];
  if (!json) await writeOut(`${machineLine(host)}\n\n`);
  for (const makeLoad of [packetLoad, fileLoad]) {
    const comparison = await compare(makeLoad(), workers, progress, signal, control);
    if (json) runs.push(comparisonData(comparison));
    else await writeOut(`${renderTable(comparison)}\n\n`);
  }
  if (json) await writeOut(`${JSON.stringify({ ...host, runs }, null, 2)}\n`);
}
