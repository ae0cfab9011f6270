/** The benchmark: `npm run bench`. What it does is told in usage.ts and README.md. */
import { thisMachine } from './machine.js';
import { UsageError, readCommandLine } from './options.js';
import type { RunCommand } from './options.js';
import { writePlots } from './plots/write-plots.js';
import { LineProgress } from './progress.js';
import { machineLine, renderVerdict, reportData } from './report.js';
import type { Verdict } from './report.js';
import { CheckFailed } from './scenario.js';
import type { Scenario } from './scenario.js';
import { SCENARIOS } from './scenarios/index.js';
import { USAGE } from './usage.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

async function main(args: readonly string[]): Promise<void> {
  const command = readCommandLine(args);
  if (command.kind === 'help') process.stdout.write(USAGE);
  else await runScenarios(command);
}

async function runScenarios(command: RunCommand): Promise<void> {
  const { runs, full, only, json, plots } = command;
  const machine = thisMachine();
  const chosen = SCENARIOS.filter(({ name, fullOnly }) =>
    only.length === 0 ? full || fullOnly !== true : only.includes(name),
  );
  const progress = new LineProgress(process.stderr);
  const verdicts: Verdict[] = [];
  if (!json) process.stdout.write(`${machineLine(machine)}\n\n`);
  for (const [i, scenario] of chosen.entries()) {
    progress.begin(scenario.name, i, chosen.length);
    const verdict = await judge(scenario, command, progress);
    progress.end();
    verdicts.push(verdict);
    if (!json) process.stdout.write(`${renderVerdict(verdict, machine, runs)}\n\n`);
  }
  if (json) {
    const data = reportData(machine, command, verdicts);
    process.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
  }
  if (plots !== undefined) {
    writePlots(
      plots,
      verdicts.flatMap(({ outcome }) => outcome?.plots ?? []),
    );
  }
  if (verdicts.some(({ problems }) => problems.length > 0)) process.exitCode = EXIT_FAILED;
}

async function judge(
  scenario: Scenario,
  command: RunCommand,
  progress: LineProgress,
): Promise<Verdict> {
  try {
    const outcome = await scenario.run(command, progress);
    return { scenario, outcome, problems: [] };
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error;
    return { scenario, outcome: undefined, problems: error.problems };
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`bench: ${isUsage ? error.message : String(error)}\n`);
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILED;
}
