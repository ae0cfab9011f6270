/** All scenarios in the order in which they run. */
import type { Scenario } from '../scenario.js';
import { burstSize } from './burst-size.js';
import { configuredSize } from './configured-size.js';
import { cryptoPool } from './crypto-pool.js';
import { endToEnd } from './end-to-end.js';
import { garbage } from './garbage.js';
import { idleDevice } from './idle-device.js';
import { inlineDevice } from './inline-device.js';
import { inlineSteps } from './inline-steps.js';
import { lateBinding } from './late-binding.js';
import { peers } from './peers.js';
import { pipelineAsync } from './pipeline-async.js';
import { pipelineExamples } from './pipeline-examples.js';
import { pipelineCalls } from './pipeline-calls.js';
import { pipelineItems } from './pipeline-items.js';
import { pipelineLines } from './pipeline-lines.js';
import { pipelineObjects } from './pipeline-objects.js';
import { pipelineSlowKey } from './pipeline-slow-key.js';
import { pipelineWaiting } from './pipeline-waiting.js';
import { roundTrip } from './round-trip.js';
import { scaling } from './scaling.js';
import { startUp } from './start-up.js';
import { stuckFlow } from './stuck-flow.js';
import { twoStages } from './two-stages.js';
import { twoTenants } from './two-tenants.js';
import { workPerEvent } from './work-per-event.js';

export const SCENARIOS: readonly Scenario[] = [
  inlineDevice,
  inlineSteps,
  endToEnd,
  peers,
  twoStages,
  burstSize,
  roundTrip,
  configuredSize,
  cryptoPool,
  pipelineItems,
  pipelineObjects,
  pipelineLines,
  pipelineCalls,
  pipelineSlowKey,
  pipelineAsync,
  pipelineWaiting,
  pipelineExamples,
  garbage,
  idleDevice,
  startUp,
  stuckFlow,
  twoTenants,
  lateBinding,
  workPerEvent,
  scaling,
];
