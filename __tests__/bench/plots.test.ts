import { expect, test } from '@jest/globals';
import { renderPlot } from '../../bench/plots/render-plot.js';
import type { Plot } from '../../bench/scenario.js';

const PLOT: Plot = {
  file: 'x',
  title: 'P1 <=> C1 & C2',
  x: { label: 'events per call', scale: 'log' },
  y: { label: 'per second', scale: 'linear' },
  series: [
    {
      name: 'a',
      points: [
        [1, 100],
        [10, 200],
        [100, 400],
      ],
    },
    { name: 'b', points: [[1, 50]] },
  ],
};

function points(svg: string): number[][] {
  return [...svg.matchAll(/<circle cx="(?<x>[\d.]+)" cy="(?<y>[\d.]+)"/g)].map(({ groups }) => [
    Number(groups!['x']),
    Number(groups!['y']),
  ]);
}

test('a plot has its texts, a line for each series and nothing that is not a number', () => {
  const svg = renderPlot(PLOT);
  expect(svg).toContain('P1 &lt;=&gt; C1 &amp; C2');
  for (const text of ['events per call', 'per second', '>a<', '>b<']) expect(svg).toContain(text);
  expect(svg.match(/<polyline/g)).toHaveLength(2);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test('steps of a logarithmic axis are equal, and more is higher', () => {
  const [first, second, third] = points(renderPlot(PLOT));
  expect(second![0]! - first![0]!).toBeCloseTo(third![0]! - second![0]!, 0);
  expect(third![1]!).toBeLessThan(second![1]!);
});

test('one value for all does not break a logarithmic axis', () => {
  const series = [{ name: 'a', points: [[5, 7] as const] }];
  const y = { label: 'y', scale: 'log' as const };
  expect(renderPlot({ ...PLOT, y, series })).not.toMatch(/NaN|Infinity/);
});
