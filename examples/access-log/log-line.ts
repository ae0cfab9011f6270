/** One line of a log in the "combined" format of Apache and nginx, or the shorter "common" one. */
import { clientOf } from './client.js';

export interface LogLine {
  readonly client: string;
  /** Since 1970. */
  readonly seconds: number;
  readonly status: number;
  readonly bytes: number;
}

const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
const TIME = String.raw`\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\]`;
/** Bare words that a server was told to add, such as times; a bracket is of another line. */
const MORE = String.raw`(?: (?:${QUOTED}|[!#-Z^-~]+))*`;
/** A host in front may be an IPv6 address, in brackets. */
const FRONT = String.raw`((?:\[[^\] ]*\]:\d+ )?[^[]*)`;
/** No size has more digits than a number holds. */
const SIZE = String.raw`(\d{1,15}|-)`;
const LINE = new RegExp(
  String.raw`^${FRONT} ${TIME} ${QUOTED} (\d{3}) ${SIZE}(?: ${QUOTED} ${QUOTED}${MORE})?$`,
);
/** What is left in front of a line: the holes of a file that was cut while a server went on writing
 *  at its old end, and the mark that some programs begin a file with. */
const FILL = /^(?:\0|\xef\xbb\xbf)+/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'].concat([
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
]);
const MINUTE = 60;
const HOUR = 3600;
const HOURS = 24;

/** The line without what is no part of it. */
export function withoutFill(line: string): string {
  return line.replace(FILL, '');
}

/** @returns undefined for what is no such line. */
export function parseLine(line: string): LogLine | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, front, , , , , , , , , , status, bytes] = match;
  const client = clientOf(front!);
  const seconds = secondsOf(match);
  if (client === undefined || seconds === undefined) return undefined;
  return {
    client,
    seconds,
    status: Number(status),
    // Apache writes - for a response without a body.
    bytes: bytes === '-' ? 0 : Number(bytes),
  };
}

function secondsOf(match: RegExpExecArray): number | undefined {
  const [, , day, name, ...rest] = match;
  const month = MONTHS.indexOf(name!);
  const [year, hour, minute, second] = rest.slice(0, 4).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const [sign, offsetHours, offsetMinutes] = rest.slice(4);
  const local = Date.UTC(year, month, Number(day), hour, minute);
  // The 31st of February would be a day of March. A second may be a leap second.
  if (month < 0 || new Date(local).getUTCDate() !== Number(day)) return undefined;
  if (hour >= HOURS || minute >= MINUTE || second > MINUTE) return undefined;
  const offset = Number(offsetHours) * HOUR + Number(offsetMinutes) * MINUTE;
  return local / 1000 + second - (sign === '-' ? -offset : offset);
}
