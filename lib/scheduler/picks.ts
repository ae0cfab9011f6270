/**
 * The picks of a run of atomic events: which entries a port is given, and the slots of their flows.
 * Scratch of the scheduler, as many words per port as a run can need.
 */
import { CHUNK_ENTRIES } from '../memory/scheduler-layout.js';

export const PICK_WORDS = 2;
export const PICKS_WORDS = CHUNK_ENTRIES * PICK_WORDS;
