/** A device that waits for its domains: `softdlb apply` brings them. */
import { once } from 'node:events';
import { openDevice } from '../lib/index.js';

await using device = await openDevice({ control: true });
console.log(`${device.info.name} waits for domains until Ctrl-C`);
const stay = setInterval(() => {}, 60_000); // The device alone keeps no process alive.
await once(process, 'SIGINT');
clearInterval(stay);
