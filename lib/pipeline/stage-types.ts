/** How the types flow from handlers to stages, and through a list of them; for the compiler only. */
import type { BatchStageOptions } from './batch-contract.js';
import type { StageOptions } from './contract.js';

/** Options carry the types of their handler under this name: no value has it. */
declare const TYPES: unique symbol;
export interface TypedBy<In, Out> {
  // Methods, so that options of which nothing is known fit as well.
  readonly [TYPES]?: { in(item: In): void; out(result: Out): void };
}

/** A stage as `stage` makes it: its types are for the compiler only. */
export interface Stage<In = unknown, Out = unknown> {
  readonly options: StageOptions;
  readonly types?: { readonly in: (item: In) => void; readonly out: () => Out };
}

/** A stage of `stage`, or its options as a plain object. */
export type AnyStage =
  | Stage<never>
  | StageOptions
  | StageOptions<(item: never) => unknown>
  | (StageOptions<(item: never) => unknown> & Batch);
type Batch = Pick<BatchStageOptions, 'batch'>;
export type StageList = readonly [AnyStage, ...AnyStage[]];

/** What is written in place says nothing of its handler: it takes and gives `unknown`. */
type TypesOf<S> = typeof TYPES extends keyof S ? S : TypedBy<unknown, unknown>;
export type StageInput<S> =
  S extends Stage<infer In, infer _Out>
    ? In
    : TypesOf<S> extends TypedBy<infer In, infer _Out>
      ? In
      : never;
export type StageOutput<S> =
  S extends Stage<infer _In, infer Out>
    ? Out
    : TypesOf<S> extends TypedBy<infer _In, infer Out>
      ? Out
      : never;
/** What is pushed into a pipeline of these stages. */
export type PipelineInput<S extends StageList> = StageInput<S[0]>;
/** What comes out of it. */
export type PipelineOutput<S extends StageList> = S extends readonly [...infer _Before, infer Last]
  ? StageOutput<Last>
  : never;
/** The list itself if every stage takes what the one before it gives, and has no options that are not known. */
export type Chained<S> = S extends readonly [infer First, infer Second, ...infer Rest]
  ? StageOutput<First> extends StageInput<Second>
    ? readonly [Known<First>, ...Chained<readonly [Second, ...Rest]>]
    : readonly [First, Stage<StageOutput<First>, StageOutput<Second>>, ...Rest]
  : S extends readonly [infer Only]
    ? readonly [Known<Only>]
    : S;
type Known<S> =
  S extends Stage<never>
    ? S
    : S & { readonly [K in Exclude<keyof S, keyof BatchStageOptions>]: never };
