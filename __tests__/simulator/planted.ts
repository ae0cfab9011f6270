/** Bugs to be planted into a copy of the compiled library, each of which the simulator has to find. */
export interface Planted {
  readonly what: string;
  readonly file: string;
  /** Occurs once in the compiled file. */
  readonly right: string;
  readonly wrong: string;
}

export const PLANTED: readonly Planted[] = [
  {
    what: 'an atomic flow is given to a second port',
    file: 'scheduler/deliver-atomic.js',
    right: '(flow & PARKED) !== 0 ||',
    wrong: 'false && (flow & PARKED) !== 0 ||',
  },
  {
    what: 'a reorder window sends on past an event that is still held',
    file: 'scheduler/window.js',
    right: '!== PLACE.HELD)',
    wrong: '!== -1)',
  },
  {
    what: 'a reclaim does not fence the ring of the dead',
    file: 'ring/fence.js',
    right: 'return addTo(words, layout.tailAt, FENCE_STEP);',
    wrong: 'return addTo(words, layout.tailAt, 0);',
  },
  {
    what: 'the credits that a dead port had taken are not written off',
    file: 'scheduler/credits.js',
    right: 'machine.free += port.unspent;',
    wrong: '',
  },
  {
    what: 'events of a dead port are scheduled again in the wrong order',
    file: 'scheduler/ownership.js',
    right: 'const index = (port.historyTail - i) | 0;',
    wrong: 'const index = (port.historyTail - count + i - 1) | 0;',
  },
  {
    what: 'a wake-up is lost',
    file: 'scheduler/cq-room.js',
    right: 'raise(machine.words, port.at + PORT.WAKE);',
    wrong: '',
  },
];
