/** `virtualDevices/N`: shares of the device, and what their tenants made of them. */
import type { VirtualDevice } from '../virtual/virtual-device.js';
import { branch, flag, leaf, list, number, text } from './node.js';
import type { Branch, TreeNode } from './node.js';
import { resourceNodes } from './resource-nodes.js';
import { choice, wholeNumber } from './writers.js';

const ID = number('-', 'Id of the virtual device');
const NAME = text('Name that the virtual device was created with');
const STATE = text('State: unlocked, locked while a tenant is attached, or cut-off');
const IS_LOCKED = flag('Whether a tenant has attached: then the quota is what it is');
const ON_DEATH = text('When the tenant dies: return, all goes back to the device; keep');
const DOMAINS = list('-', 'Domains of the tenant: the id that it knows, and that of the device');

const COUNTS = { min: 0, max: Number.MAX_SAFE_INTEGER };

export function virtualDevicesNode(
  devices: readonly VirtualDevice[],
  names: readonly string[],
): Branch {
  return branch(
    'The open virtual devices by id; a name will do as well',
    () => new Map(devices.map((each) => [String(each.id), virtualDeviceNode(each, names)])),
    () => devices.map((each) => [each.name, String(each.id)] as const),
  );
}

function virtualDeviceNode(device: VirtualDevice, names: readonly string[]): Branch {
  const domains = (): { id: number; domain: number }[] =>
    device.domains().map(([id, domain]) => ({ id, domain: domain.id }));
  return branch(
    'A share of the device for one tenant',
    () =>
      new Map<string, TreeNode>([
        ['id', leaf(ID, () => device.id)],
        ['name', leaf(NAME, () => device.name)],
        ['state', leaf(STATE, () => device.state, choice({ closed: () => device.close() }))],
        ['isLocked', leaf(IS_LOCKED, () => device.isLocked)],
        ['onDeath', leaf(ON_DEATH, () => device.onDeath)],
        ['domains', leaf(DOMAINS, domains)],
        [
          'quota',
          branch('What it was given; changes until a tenant attaches', () =>
            quotaNodes(device, names),
          ),
        ],
        [
          'resources',
          branch('What of that its domains have taken', () => resourceNodes(device.resources())),
        ],
      ]),
  );
}

function quotaNodes(device: VirtualDevice, names: readonly string[]): Map<string, TreeNode> {
  const quota = device.quota as Readonly<Record<string, number>>;
  return new Map(
    names.map((name) => [
      name,
      leaf(
        number(name, `The ${name} that it was given`),
        () => quota[name] ?? 0,
        wholeNumber(COUNTS, (count) => device.setQuota({ [name]: count })),
      ),
    ]),
  );
}
