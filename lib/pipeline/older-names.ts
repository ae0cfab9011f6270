/** Names of types that do not say whose they are. */
import type * as contract from './contract.js';

/** @deprecated it is `PipelineItemOptions`. */
export type ItemOptions = contract.ItemOptions;
