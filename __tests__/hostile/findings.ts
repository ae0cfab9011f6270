/** What the program reports. */
export interface Findings {
  readonly seed: number;
  readonly wrong: {
    readonly misplaced: number;
    readonly missing: number;
    readonly flushed: number;
    readonly dropped: number;
    /** What threads threw, those of the hostile domain included. */
    readonly thrown: readonly string[];
  };
  readonly delayMs: {
    readonly median: number;
    readonly slowest: number;
    readonly slowestCommandMs: number;
  };
  readonly counts: {
    readonly rounds: number;
    readonly received: number;
    readonly later: number;
    readonly commands: number;
    readonly strikes: number;
    readonly calls: number;
    readonly got: number;
  };
}
