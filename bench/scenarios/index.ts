/** All scenarios in the order in which they run. */
import type { Scenario } from '../scenario.js';
import { endToEnd } from './end-to-end.js';
import { garbage } from './garbage.js';
import { idleDevice } from './idle-device.js';
import { inlineDevice } from './inline-device.js';
import { peers } from './peers.js';

export const SCENARIOS: readonly Scenario[] = [endToEnd, inlineDevice, garbage, idleDevice, peers];
