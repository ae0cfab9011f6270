/** A warning for what is easily forgotten: without a key, an atomic or sticky stage takes one item at a time. */
import type { Settings } from './settings.js';

/** Tells of each stage whose items have no key if they come without one. */
export function warnOfKeyless({ name, stages }: Pick<Settings, 'name' | 'stages'>): void {
  const first = stages.findIndex((stage) => (stage.flowExport ?? stage.flowFunction) !== undefined);
  const keyless = first < 0 ? stages : stages.slice(0, first);
  for (const { name: stage, schedule } of keyless) {
    if (schedule !== 'atomic' && schedule !== 'sticky') continue;
    const what = `stage '${stage}' of pipeline '${name}' is ${schedule}, and an item has no key`;
    const advice = 'give the stage a flow, or () => 0 as the flow of a run if that is meant';
    process.emitWarning(`${what}: such items are worked on one at a time; ${advice}`, {
      type: 'SoftdlbWarning',
      code: 'SOFTDLB_NO_FLOW',
    });
  }
}
