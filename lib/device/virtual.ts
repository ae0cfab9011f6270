/** The end of a virtual device that a tenant has, in its own thread. */
import { threadId } from 'node:worker_threads';
import * as control from '../control/index.js';
import type { AttachOptions, TenantDevice, VirtualDeviceHandle } from '../control/index.js';

/**
 * Takes a virtual device that this thread was handed. Locks its quota.
 * @throws DlbError ERR_DLB_ATTACHMENT_INVALID; ERR_DLB_VERSION_MISMATCH; ERR_DLB_MBOX_ERROR; ERR_DLB_INVALID_ARGUMENT
 */
export function attachVirtualDevice(
  handle: VirtualDeviceHandle,
  options: AttachOptions = {},
): Promise<TenantDevice> {
  return control.attachVirtualDevice(handle, options, threadId);
}
