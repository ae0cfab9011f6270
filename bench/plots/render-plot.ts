/**
 * A line plot as SVG text. d3-scale finds the ticks and places the points; the rest is a few dozen
 * elements, for which a charting library would bring a DOM or tens of megabytes.
 */
import { scaleLinear, scaleLog } from 'd3-scale';
import type { Axis, Plot, Series } from '../scenario.js';

interface Scale {
  (value: number): number;
  ticks(count?: number): number[];
}

const WIDTH = 880;
const HEIGHT = 400;
const LEFT = 70;
/** The legend stands here. */
const RIGHT = 200;
const TOP = 40;
const BOTTOM = 55;
const LEGEND_STEP = 18;
const TICKS = 6;
/** Distinct for the colour-blind as well (Okabe and Ito's palette). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

export function renderPlot({ title, x, y, series }: Plot): string {
  const points = series.flatMap((each) => each.points);
  const across = scale(
    x,
    points.map(([value]) => value),
    [LEFT, WIDTH - RIGHT],
  );
  const up = scale(
    y,
    points.map(([, value]) => value),
    [HEIGHT - BOTTOM, TOP],
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}"` +
      ' font-family="sans-serif" font-size="12">',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text((LEFT + WIDTH - RIGHT) / 2, TOP / 2, title, 'font-size="15" text-anchor="middle"'),
    ...xAxis(x, across, points),
    ...yAxis(y, up),
    ...series.flatMap((each, i) => line(each, i, across, up)),
    ...series.map(legend),
    '</svg>',
    '',
  ].join('\n');
}

/** A linear axis begins at 0, a logarithmic one at the smallest value. */
function scale(axis: Axis, values: readonly number[], range: readonly [number, number]): Scale {
  const top = Math.max(...values);
  if (axis.scale === 'linear') return scaleLinear([0, top * 1.05], range);
  const low = Math.min(...values);
  return scaleLog([low, top === low ? low * 10 : top], range);
}

/** On a logarithmic axis the values themselves: they are few and chosen. */
function xAxis(
  axis: Axis,
  across: Scale,
  points: readonly (readonly [number, number])[],
): string[] {
  const values = [...new Set(points.map(([value]) => value))];
  const ticks = axis.scale === 'log' ? values : across.ticks(TICKS);
  const bottom = HEIGHT - BOTTOM;
  return [
    rule(LEFT, bottom, WIDTH - RIGHT, bottom, '#444'),
    ...ticks.flatMap((tick) => [
      rule(across(tick), bottom, across(tick), bottom + 5, '#444'),
      text(across(tick), bottom + 20, label(tick), 'text-anchor="middle"'),
    ]),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, axis.label, 'text-anchor="middle"'),
  ];
}

function yAxis(axis: Axis, up: Scale): string[] {
  const middle = (TOP + HEIGHT - BOTTOM) / 2;
  const turned = `text-anchor="middle" transform="rotate(-90 16 ${middle})"`;
  const ticks = up.ticks(TICKS).filter((tick) => axis.scale === 'linear' || isRound(tick));
  return [
    ...ticks.flatMap((tick) => [
      rule(LEFT, up(tick), WIDTH - RIGHT, up(tick), '#ddd'),
      text(LEFT - 8, up(tick) + 4, label(tick), 'text-anchor="end"'),
    ]),
    text(16, middle, axis.label, turned),
  ];
}

/** 1, 2 or 5 times a power of ten. */
function isRound(value: number): boolean {
  return ['1', '2', '5'].includes(value.toExponential().split(/[.e]/)[0]!);
}

function line({ points }: Series, index: number, across: Scale, up: Scale): string[] {
  const colour = COLOURS[index % COLOURS.length]!;
  const places = points.map(([x, y]) => [across(x).toFixed(1), up(y).toFixed(1)] as const);
  const path = places.map((place) => place.join(',')).join(' ');
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...places.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`),
  ];
}

function legend({ name }: Series, index: number): string {
  const y = TOP + 8 + index * LEGEND_STEP;
  return text(WIDTH - RIGHT + 12, y, name, `fill="${COLOURS[index % COLOURS.length]}"`);
}

function rule(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => value.toFixed(1));
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="${colour}"/>`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${safe}</text>`;
}

function label(value: number): string {
  return value.toLocaleString('en', { notation: 'compact', maximumSignificantDigits: 3 });
}
