/** --plots DIR: one SVG file per plot. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plot } from '../scenario.js';
import { renderPlot } from './render-plot.js';

export function writePlots(folder: string, plots: readonly Plot[]): void {
  mkdirSync(folder, { recursive: true });
  for (const plot of plots) writeFileSync(join(folder, `${plot.file}.svg`), renderPlot(plot));
}
