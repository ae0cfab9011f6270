/** Rules about the text of source and configuration files. */
import { complaints, select, withoutComments } from './tree.js';
import type { Tree } from './tree.js';

const LINES_MAX = 400;

/** Tests replace `#words`; an access that goes around it is one they do not see. */
export function atomicsOutsideWords(tree: Tree): string[] {
  return select(tree, /^(?:lib|workers)\/(?!memory\/words\.ts$).*\.ts$/).flatMap(([path, text]) =>
    complaints(path, withoutComments(text), /\bAtomics\b/g),
  );
}

export function fileLength(tree: Tree): string[] {
  return select(tree, /^(?:lib|workers|examples|bench)\/.*\.ts$/).flatMap(([path, text]) => {
    const lines = text.trimEnd().split('\n').length;
    return lines <= LINES_MAX ? [] : `${path}:${LINES_MAX + 1}: has ${lines} lines`;
  });
}

const OPEN = /\b(?:TO(?:DO)|FIX(?:ME))\b.*/g;
const NOT_RUN = /\b(?:it|test|describe)(?:\.\w+)*\.(?:only|skip|todo)\b|\b[fx](?:it|describe)\(/g;

/** What belongs into an issue, and tests that do not run or keep the others from running. */
export function leftOvers(tree: Tree): string[] {
  return [
    ...select(tree, /\.(?:ts|js|json|md)$/).flatMap(([path, text]) =>
      path === 'package-lock.json' ? [] : complaints(path, text, OPEN),
    ),
    ...select(tree, /^__tests__\/.*\.ts$/).flatMap(([path, text]) =>
      complaints(path, withoutComments(text), NOT_RUN),
    ),
  ];
}

const MACHINE_PATH = /(?<![\w.-])\/(?:work|root|home|Users)\/.*/g;
const RESOLVED = /"resolved":\s*"https?:.*/g;

/** A clone works anywhere: no paths of one machine, and the lock file leaves open where from. */
export function machineAddresses(tree: Tree): string[] {
  return [...tree].flatMap(([path, text]) => [
    ...complaints(path, text, MACHINE_PATH),
    ...(/lock/.test(path) ? complaints(path, text, RESOLVED) : []),
  ]);
}
