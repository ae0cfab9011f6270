/**
 * Faults that the suite has to find. Each is one replacement in one source file.
 *
 * `tests` names the test files that are aimed at it, in the order in which they run: first those
 * that end soon. The whole suite runs only if they miss it.
 */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly tests: readonly string[];
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the flow pin removed',
    file: 'lib/scheduler/deliver-atomic.ts',
    find: 'if (flow === 0) {\n      do {',
    replace: 'if (flow === 0 || open > 1) {\n      do {',
    tests: ['contracts/c02'],
  },
  {
    name: 'the history list last in, first out',
    file: 'lib/scheduler/history.ts',
    find: 'const entry = historyAt(machine, port, port.historyHead);\n  const queue',
    replace: 'const entry = historyAt(machine, port, (port.historyTail - 1) | 0);\n  const queue',
    tests: ['contracts/c09', 'contracts/c03'],
  },
  {
    name: 'the name of an open event dealt again',
    file: 'lib/scheduler/names.ts',
    find: 'while (openAt(machine, port, names, name, given) >= 0)',
    replace: 'while (openAt(machine, port, names, name, given) >= 0 && names.next < 0)',
    tests: ['scheduler/names'],
  },
  {
    name: 'an open event that was moved found where it was',
    file: 'lib/scheduler/names.ts',
    find: '    names.index[nameAt(m, entry, names.mask)] = to;',
    replace: '    names.index[nameAt(m, entry, names.mask)] = from;',
    tests: ['scheduler/names'],
  },
  {
    name: 'the reorder window ignored',
    file: 'lib/scheduler/intake.ts',
    find: '  const queue = queueOf(machine, entry);\n  const lane = queue.ordered!;\n',
    replace:
      '  if (place >= 0) {\n' +
      '    store(machine, laneFor(machine, word1)!, source, from, word1, machine.sequence);\n' +
      '    return leaveGap(machine, entry, place);\n' +
      '  }\n' +
      '  const queue = queueOf(machine, entry);\n  const lane = queue.ordered!;\n',
    tests: ['contracts/c03'],
  },
  {
    name: 'a credit leaked once in 10 000',
    file: 'lib/scheduler/intake.ts',
    find: '  machine.free += due;',
    replace: '  machine.free += due - (machine.sequence % 10_000 < due ? 1 : 0);',
    tests: ['contracts/c07', 'contracts/threads'],
  },
  {
    name: 'an index stored before its content',
    file: 'lib/scheduler/give.ts',
    find: '  give(m, words, from, entry, to, index);\n  m[entry + HISTORY.FLOW]',
    replace:
      '  port.cq.publish();\n' +
      '  give(m, words, from, entry, to, index);\n  m[entry + HISTORY.FLOW]',
    tests: ['interleaving'],
  },
  {
    name: 'one publish a plain write',
    file: 'lib/ring/producer.ts',
    find: '    publishNear(this.near, this.words, this.layout.tailAt, this.tail);',
    replace:
      '    this.words[this.layout.tailAt] = this.tail;\n' +
      '    if (this.layout.depth === 0) publishNear(this.near, this.words, 0, this.tail);',
    tests: ['interleaving'],
  },
  {
    name: 'the fence forgotten',
    file: 'lib/ring/fence.ts',
    find: 'return addTo(words, layout.tailAt, FENCE_STEP);',
    replace: 'return addTo(words, layout.tailAt, 0);',
    tests: ['interleaving', 'contracts/threads'],
  },
  {
    name: 'a sleeper that does not look again',
    file: 'lib/idle/waiter.ts',
    find: '      if (done()) break;',
    replace: '      if (ms < 0) break;',
    tests: ['interleaving', 'contracts/threads'],
  },
];
