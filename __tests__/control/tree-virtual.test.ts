/** Virtual devices, and what devices of the DLB models have besides, in the tree. */
import { afterEach, expect, test } from '@jest/globals';
import { openDevice } from '../../lib/index.js';
import type { Device } from '../../lib/index.js';
import { refusalOf } from '../contracts/harness.js';

const open: Device[] = [];
afterEach(async () => {
  for (const device of open.splice(0)) await device.close();
});

async function opened(model: 'host' | 'dlb2.0' | 'dlb2.5'): Promise<Device> {
  const device = await openDevice({ scheduling: 'inline', model });
  open.push(device);
  return device;
}

test('a virtual device: its quota can be changed, all or nothing', async () => {
  const device = await opened('dlb2.5');
  const { tree } = device;
  const quota = { domains: 2, queues: 4, ports: 4, credits: 100, historyEntries: 128 };
  await device.createVirtualDevice({ name: 'left', quota });
  expect(tree.list('virtual').map(({ path }) => path)).toEqual(['virtual/0']);
  expect(tree.read('virtual/left/state')).toBe('unlocked');
  expect(tree.read('virtual/0/quota/credits')).toBe(100);
  expect(tree.read('virtual/0/quota/directedPorts')).toBe(0);
  expect(tree.read('device/resources/credits/available')).toBe(16_384 - 100);
  await tree.write('virtual/0/quota/credits', 40);
  expect(tree.read('virtual/0/available/credits')).toBe(40);
  expect(tree.read('device/resources/credits/available')).toBe(16_384 - 40);
  const error = await refusalOf(() => tree.write('virtual/0/quota/credits', 16_385));
  expect(error.code).toBe('ERR_DLB_LDB_CREDITS_UNAVAILABLE');
  expect(tree.read('virtual/0/quota/credits')).toBe(40);
});

test('sequence groups and classes of service of a DLB', async () => {
  const device = await opened('dlb2.0');
  const { tree } = device;
  expect(tree.read('device/sequenceGroups/1/sequences')).toBe(64);
  await tree.write('device/sequenceGroups/1/sequences', 512);
  expect(tree.read('device/resources/sequenceSlots1/total')).toBe(2);
  const queues = [{ type: 'ordered' as const, sequences: 512 }];
  await device.createDomain({ eventsLimit: 8, queues, ports: [{}] });
  expect(tree.read('device/sequenceGroups/1/occupancy')).toBe(1);
  const locked = await refusalOf(() => tree.write('device/sequenceGroups/1/sequences', 64));
  expect(locked.code).toBe('ERR_DLB_NOT_PERMITTED');
  await tree.write('device/classes/2/bandwidth', 10);
  expect(tree.read('device/classes/2/bandwidth')).toBe(10);
  const tooMuch = await refusalOf(() => tree.write('device/classes/0/bandwidth', 41));
  expect(tooMuch.code).toBe('ERR_DLB_INVALID_ARGUMENT');
  expect(tree.read('device/classes/0/bandwidth')).toBe(25);
});

test('a host device has neither', async () => {
  const { tree } = await opened('host');
  const paths = tree.list('device').map(({ path }) => path);
  expect(paths).not.toContain('device/sequenceGroups');
  expect(paths).not.toContain('device/classes');
});
