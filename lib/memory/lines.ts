/**
 * Lines: the unit of sharing.
 *
 * A SharedArrayBuffer's base is only 16-byte aligned, so a line is 128 bytes of which at most 64
 * are used: two writers then never meet in one 64-byte cache line, wherever the base falls. The
 * neighbouring line that a prefetcher fetches along is covered as well.
 */
export const LINE_BYTES = 128;
export const LINE_WORDS = LINE_BYTES / 4;
/** Words of a line that may be used. */
export const LINE_USED_WORDS = 16;

/** Free-running indices start this short of 2^32, so that every run crosses the wrap. */
export const FIRST_INDEX = -4096;
