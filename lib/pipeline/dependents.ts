/**
 * The one way in which the end of a pipeline reaches those who have something in it, or wait for something of it.
 *
 * Streams and calls join when they are first used and leave when they are over: nothing else knows of them.
 */
export interface Dependent {
  /** Nothing will come out any more, for this reason. */
  broke(reason: unknown): void;
  /** Nothing more is taken, for this reason; what is in flight comes out. */
  cut(reason: unknown): void;
}

/** A reason may be undefined: hence the box. */
interface Reason {
  readonly reason: unknown;
}

export class Dependents {
  /** Set when nothing will come out any more. */
  broken: Reason | undefined;
  #closing: Reason | undefined;
  readonly #present = new Set<Dependent>();

  /** From now on it is told; at once of what has been. */
  join(dependent: Dependent): void {
    this.#present.add(dependent);
    if (this.broken !== undefined) dependent.broke(this.broken.reason);
    else if (this.#closing !== undefined) dependent.cut(this.#closing.reason);
  }

  leave(dependent: Dependent): void {
    this.#present.delete(dependent);
  }

  /** Nothing more is to be let in. */
  close(reason: unknown): void {
    this.#closing = { reason };
    for (const dependent of this.#present) dependent.cut(reason);
  }

  /** The first reason counts: `broken` is that one. */
  break(reason: unknown): void {
    this.broken ??= { reason };
    for (const dependent of this.#present) dependent.broke(this.broken.reason);
  }
}
