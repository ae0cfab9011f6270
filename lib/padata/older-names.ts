/** Names of types that do not say whose they are: each is that of the same name with Padata before it. */
import type * as contract from './contract.js';
import type * as stream from './stream.js';

/** @deprecated it is `PadataCloseOptions`. */
export type CloseOptions = contract.CloseOptions;
/** @deprecated it is `PadataRangeOptions`. */
export type RangeOptions = contract.RangeOptions;
/** @deprecated it is `PadataRangeSummary`. */
export type RangeSummary = contract.RangeSummary;
/** @deprecated it is `PadataRunOptions`. */
export type RunOptions = contract.RunOptions;
/** @deprecated it is `PadataRunSummary`. */
export type RunSummary = contract.RunSummary;
/** @deprecated it is `PadataStreamOptions`. */
export type StreamOptions = contract.StreamOptions;
/** @deprecated it is `PadataStreamStats`. */
export type StreamStats = contract.StreamStats;
/** @deprecated it is `PadataStream`. */
export type Stream = stream.Stream;
