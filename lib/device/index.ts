export { openDevice } from './device.js';
export { attachVirtualDevice } from './virtual.js';
export type { Device } from './device.js';
export type { DeviceInfo } from './info.js';
