/** A place of its own for the control sockets of a test file, and devices that are closed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { openDevice } from '../../lib/index.js';
import type { Device, DeviceOptions } from '../../lib/index.js';

const open: Device[] = [];
let runtime = '';

/** Call at the top of a test file. Returns how to tell the directory of the sockets. */
export function ownRuntimeFolder(): () => string {
  const { XDG_RUNTIME_DIR: before, TMPDIR: temporary } = process.env;
  beforeAll(() => {
    runtime = mkdtempSync(join(tmpdir(), 'dlb-'));
    // Both: the command looks there as well.
    process.env['XDG_RUNTIME_DIR'] = runtime;
    process.env['TMPDIR'] = runtime;
  });
  afterEach(async () => {
    for (const device of open.splice(0)) await device.close();
  });
  afterAll(() => {
    Object.assign(process.env, { XDG_RUNTIME_DIR: before, TMPDIR: temporary });
    for (const name of ['XDG_RUNTIME_DIR', 'TMPDIR']) {
      if (process.env[name] === 'undefined') delete process.env[name];
    }
    rmSync(runtime, { recursive: true, force: true });
  });
  return () => join(runtime, 'softdlb');
}

/** An inline device with a control socket, closed after the test. */
export async function controlled(options: DeviceOptions = {}): Promise<Device> {
  const device = await openDevice({ scheduling: 'inline', control: true, ...options });
  open.push(device);
  return device;
}
