/** What the tidy rules look at: the files of a repository as plain text, by path. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Path from the top, with slashes, to content. Binary files are there with empty content. */
export type Tree = ReadonlyMap<string, string>;

/** Reads every file under `top` but .git and what .gitignore names (`folder/` and `*.ending`). */
export function readTree(top: string): Tree {
  const patterns = readFileSync(join(top, '.gitignore'), 'utf8').split('\n');
  const endings = patterns.filter((p) => p.startsWith('*.')).map((p) => p.slice(1));
  const tree = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(top, folder), { withFileTypes: true })) {
      const path = folder + entry.name;
      if (entry.name === '.git' || endings.some((ending) => path.endsWith(ending))) continue;
      if (entry.isFile()) tree.set(path, readText(join(top, path)));
      else if (entry.isDirectory() && !patterns.includes(`${entry.name}/`)) visit(`${path}/`);
    }
  };
  visit('');
  return tree;
}

function readText(path: string): string {
  const text = readFileSync(path, 'utf8');
  return text.includes('\0') ? '' : text;
}

/** The files whose path matches. */
export function select(tree: Tree, paths: RegExp): [path: string, text: string][] {
  return [...tree].filter(([path]) => paths.test(path));
}

/** `path:line: what` for each match of a global pattern. `what` is the match unless it is given; no
 *  complaint where it is undefined. */
export function complaints(
  path: string,
  text: string,
  pattern: RegExp,
  what: (match: RegExpExecArray) => string | undefined = (match) => match[0].trim(),
): string[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const complaint = what(match);
    return complaint === undefined ? [] : `${path}:${lineAt(text, match.index)}: ${complaint}`;
  });
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

const COMMENT_OR_STRING =
  /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

/** TypeScript with its comments blanked out; line numbers stay. */
export function withoutComments(source: string): string {
  return source.replace(COMMENT_OR_STRING, (part) =>
    part.startsWith('/') ? part.replace(/\S/g, ' ') : part,
  );
}
