/** Which devices run, and which of them is meant. */
import { controlFolders, refusalOf, runningSockets } from '../control/door/index.js';
import type { FoundSocket } from '../control/door/index.js';
import { Client } from './client.js';
import { EXIT_FAILED, EXIT_NOTHING_RUNS, EXIT_USAGE, Failure } from './failure.js';

/** What a device says of itself. */
export interface DeviceInfo {
  readonly name: string;
  readonly pid: number;
  readonly scheduling: string;
  readonly model: string;
  /** Over loopback; null: it is not there. */
  readonly address: string | null;
  readonly domains: readonly {
    readonly id: number;
    readonly name: string;
    readonly state: string;
  }[];
}

export interface FoundDevice {
  readonly client: Client;
  readonly pid: number;
  /** Undefined: it does not answer. */
  readonly info: DeviceInfo | undefined;
}

/** How the user names it. */
export interface Wanted {
  /** Name or number of the process. */
  readonly device?: string;
  /** Path of its socket. */
  readonly socket?: string;
}

/** Of a list, one that is busy is told of as such before long. */
const LOOK_PATIENCE_MS = 3000;

/** @throws Failure: nothing was found, and a directory cannot be trusted or entered */
export async function runningDevices(): Promise<FoundDevice[]> {
  const looks = await Promise.allSettled(controlFolders().map(socketsIn));
  const sockets = looks.flatMap((look) => (look.status === 'fulfilled' ? look.value : []));
  const refusal = looks.find((look) => look.status === 'rejected');
  if (sockets.length === 0 && refusal !== undefined) throw refusal.reason as Failure;
  return Promise.all(
    sockets.map(async ({ pid, path }) => {
      const info = new Client(path, LOOK_PATIENCE_MS).get<DeviceInfo>('/info');
      return { client: new Client(path), pid, info: await info.catch(() => undefined) };
    }),
  );
}

/** @throws Failure: the directory cannot be trusted or entered */
async function socketsIn(folder: string): Promise<FoundSocket[]> {
  try {
    const reason = refusalOf(folder, process.getuid?.());
    if (reason !== undefined) throw refused(folder, `the directory ${reason}`);
    return await runningSockets(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw error instanceof Failure ? error : refused(folder, message);
  }
}

/** @throws Failure with exit code 3: there is none; 2: it is not clear which */
export async function chooseDevice({ device, socket }: Wanted): Promise<Client> {
  if (socket !== undefined) return new Client(socket);
  const all = await runningDevices();
  if (all.length === 0) throw nothingRuns();
  const fitting =
    device === undefined
      ? all
      : all.filter(({ pid, info }) => info?.name === device || String(pid) === device);
  if (fitting.length === 1) return fitting[0]!.client;
  const running = all.map(title).join(', ');
  if (fitting.length === 0) {
    throw new Failure(`no device ${device} runs; these do: ${running}`, EXIT_NOTHING_RUNS);
  }
  const what =
    device === undefined ? 'several devices run' : `several devices are called ${device}`;
  const how = 'choose one with --device NAME or --device PID, or with --socket PATH';
  const sockets = fitting.map(({ client }) => client.socket);
  throw new Failure(`${what}: ${fitting.map(title).join(', ')}; ${how}`, EXIT_USAGE, undefined, {
    sockets,
  });
}

export function nothingRuns(): Failure {
  const folders = controlFolders();
  const what = 'nothing runs: no process of yours has a device opened with { control: true }';
  const details = { folder: folders[0], folders };
  const code = 'ERR_DLB_CONTROL_UNAVAILABLE';
  const where = `looked in ${folders.join(', ')}`;
  return new Failure(`${what} (${where})`, EXIT_NOTHING_RUNS, code, details);
}

function title({ pid, info, client }: FoundDevice): string {
  return `${info?.name ?? client.socket} (process ${pid})`;
}

function refused(folder: string, reason: string): Failure {
  const what = `access is refused: ${reason} (${folder})`;
  return new Failure(what, EXIT_FAILED, 'ERR_DLB_NOT_PERMITTED', { folder });
}
