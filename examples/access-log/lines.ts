/** Lines of a made-up log: what real servers write, the odd and the broken included. */
import type { Random } from '../command/random.js';

const PATHS = ['/', '/index.html', '/search?q=a+b', '/img/logo.png', '/api/v1/items'] as const;
const REQUESTS = [
  ...PATHS.map((path) => `GET ${path} HTTP/1.1`),
  'POST /api/v1/items HTTP/2.0',
  'HEAD / HTTP/1.0',
];
const STATUSES = [200, 200, 200, 200, 200, 206, 301, 304, 403, 404, 404, 500, 503] as const;
const REFERERS = ['-', '-', 'https://example.com/', 'https://example.org/?q=\\"x\\"'] as const;
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15',
  'curl/8.9.1',
  'Odd \\"quoted\\" [bot] \\\\ 1.0',
  '-',
] as const;
const USERS = ['-', '-', '-', '-', 'frank', 'ann smith'] as const;
/** What a server logs when somebody speaks TLS to a port for HTTP, or says nothing at all. */
const ODD_REQUESTS = [
  { request: String.raw`\x16\x03\x01\x02\x00`, status: 400 },
  { request: '-', status: 408 },
] as const;
const ODD_SHARE = 0.01;
const BYTES_MAX = 50_000;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const ZONES = [0, 120, -330] as const;

/** A different one for each number: seven in ten IPv4, a quarter IPv6, the rest names. */
export function clientName(i: number, random: Random): string {
  const kind = random.next();
  if (kind < 0.05) return `host-${i}.example.net`;
  if (kind < 0.3) return `2001:db8::${(i + 1).toString(16)}`;
  return `10.${i >>> 16}.${(i >>> 8) & 0xff}.${i & 0xff}`;
}

export interface GoodLine {
  readonly line: string;
  readonly status: number;
  readonly bytes: number;
}

export function goodLine(client: string, seconds: number, random: Random): GoodLine {
  const odd = random.next() < ODD_SHARE ? random.pick(ODD_REQUESTS) : undefined;
  const request = odd?.request ?? random.pick(REQUESTS);
  const status = odd?.status ?? random.pick(STATUSES);
  const bytes = status === 304 ? 0 : random.below(BYTES_MAX);
  const size = bytes === 0 ? '-' : `${bytes}`;
  const front = `${client} - ${random.pick(USERS)} [${timeText(seconds, random.pick(ZONES))}]`;
  const back = `"${random.pick(REFERERS)}" "${random.pick(AGENTS)}"`;
  return { line: `${front} "${request}" ${status} ${size} ${back}`, status, bytes };
}

/** As a server in that zone, minutes east of Greenwich, writes it. */
function timeText(seconds: number, zone: number): string {
  const local = new Date((seconds + zone * 60) * 1000);
  const [date, time] = local.toISOString().split('T') as [string, string];
  const [year, month, day] = date.split('-') as [string, string, string];
  const [hours, minutes] = [Math.floor(Math.abs(zone) / 60), Math.abs(zone) % 60].map(twoDigits);
  const offset = `${zone < 0 ? '-' : '+'}${hours}${minutes}`;
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} ${offset}`;
}

function twoDigits(value: number): string {
  return `${value}`.padStart(2, '0');
}

const BROKEN = [
  '',
  '10.0.0.1 - - [10/Oct/2025:13:5',
  '10.0.0.1 - - [10/Foo/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 5 "-" "-"',
  '10.0.0.1 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1 200 5',
  '10.0.0.1 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200',
  '[Fri Oct 10 13:55:36 2025] [error] client denied by server configuration',
  '\0'.repeat(40),
  '\u00ff\u00fe not a log at all "',
];

/** What a full disk, a crash or another program leaves in a log. */
export function brokenLine(random: Random): string {
  return random.pick(BROKEN);
}
