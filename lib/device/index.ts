export { Device, openDevice } from './device.js';
export type { DeviceInfo } from './device.js';
