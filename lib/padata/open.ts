/** Building a pool: everything is checked first, and what fails leaves nothing behind. */
import { openDevice } from '../device/index.js';
import type { Device } from '../device/index.js';
import { Crew } from './crew.js';
import { Lane } from './lane.js';
import { settle } from './options.js';
import type { PadataOptions, PadataSettings } from './options.js';
import { Padata } from './padata.js';
import { padataSpec } from './shape.js';

/**
 * Opens a pool of threads with the parallel function of a module; see README.md.
 * @throws DlbError ERR_DLB_INVALID_ARGUMENT: an option is wrong;
 *                  ERR_DLB_MODULE_INVALID: the module does not load or has no parallel function.
 */
export async function openPadata(options: PadataOptions): Promise<Padata> {
  const settings = settle(options);
  const device = await openDevice({ name: settings.name });
  try {
    return await build(device, settings);
  } catch (error) {
    await device.close();
    throw error;
  }
}

async function build(device: Device, settings: PadataSettings): Promise<Padata> {
  const domain = await device.createDomain(padataSpec(settings));
  const lane = new Lane(domain, settings);
  await domain.start();
  const crew = new Crew(domain, settings, (error) => {
    // If the domain is gone, that is the reason.
    lane.checkAlive();
    lane.break(error);
  });
  try {
    await crew.muster();
  } catch (error) {
    await crew.terminate();
    throw error;
  }
  return new Padata({ settings, device, domain, lane, crew });
}
