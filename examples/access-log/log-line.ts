/** One line of a log in the "combined" format of Apache and nginx, or the shorter "common" one. */

export interface LogLine {
  readonly client: string;
  /** Since 1970. */
  readonly seconds: number;
  readonly status: number;
  readonly bytes: number;
}

const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
const TIME = String.raw`\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\]`;
/** A user's name may have spaces, so what stands before the time is not counted. */
const LINE = new RegExp(
  String.raw`^(\S+) \S+ [^[]*${TIME} ${QUOTED} (\d{3}) (\d+|-)(?: ${QUOTED} ${QUOTED})?$`,
);
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

/** @returns undefined for what is no such line. */
export function parseLine(line: string): LogLine | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, client, , , , , , , , , , status, bytes] = match;
  const seconds = secondsOf(match);
  if (seconds === undefined) return undefined;
  return {
    client: client!,
    seconds,
    status: Number(status),
    // Apache writes - for a response without a body.
    bytes: bytes === '-' ? 0 : Number(bytes),
  };
}

function secondsOf(match: RegExpExecArray): number | undefined {
  const [, , day, name, year, hour, minute, second, sign, offsetHours, offsetMinutes] = match;
  const month = MONTHS.indexOf(name!);
  if (month < 0) return undefined;
  const local = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute));
  const offset = Number(offsetHours) * HOUR + Number(offsetMinutes) * MINUTE;
  return local / 1000 + Number(second) - (sign === '-' ? -offset : offset);
}
