/** Rules that keep documents and code together. */
import { posix } from 'node:path';
import { complaints, select } from './tree.js';
import type { Tree } from './tree.js';

const FENCED = /^ *(```|~~~)[\s\S]*?^ *\1/gm;
const CODE = new RegExp(`${FENCED.source}|${/`[^`\n]+`/.source}`, 'gm');
// [text](target "title"), [name]: target, href="target".
const INLINE = /\]\(<?(?<inline>[^\s)>]+)>?(?:\s+"[^"]*")?\)/;
const NAMED = /^\[[^\]]+\]:\s*(?<named>\S+)/;
const HTML = /\b(?:href|src)="(?<html>[^"]+)"/;
const LINK = new RegExp([INLINE, NAMED, HTML].map((form) => form.source).join('|'), 'gm');

/** Every relative link of a document leads to a file or folder, and to a heading that is there. */
export function markdownLinks(tree: Tree): string[] {
  const folders = new Set([...tree.keys()].flatMap(foldersAbove));
  return select(tree, /\.md$/).flatMap(([path, text]) =>
    complaints(path, withoutCode(text), LINK, ({ groups }) => {
      const link = groups!['inline'] ?? groups!['named'] ?? groups!['html']!;
      if (/^[a-z][a-z+.-]*:/i.test(link)) return undefined;
      const [file = '', anchor] = decodeURIComponent(link).split('#');
      const target = file === '' ? path : posix.join(posix.dirname(path), file).replace(/\/$/, '');
      if (!tree.has(target) && !folders.has(target)) return `${link}: no such file`;
      if (anchor === undefined || anchorsOf(tree.get(target) ?? '').has(anchor)) return undefined;
      return `${link}: no such heading`;
    }),
  );
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return ['.', ...parts.map((_, i) => parts.slice(0, i + 1).join('/'))];
}

function withoutCode(markdown: string): string {
  return markdown.replace(CODE, (code) => code.replace(/\S/g, ' '));
}

/** The anchors that GitHub gives to headings, and those set by hand. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  const prose = markdown.replace(FENCED, '');
  for (const [, heading] of prose.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = heading!
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-');
    let unique = slug;
    for (let n = 1; anchors.has(unique); n++) unique = `${slug}-${n}`;
    anchors.add(unique);
  }
  for (const [, id] of prose.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) anchors.add(id!);
  return anchors;
}

const RING_README = 'lib/ring/README.md';
// R1 → A1 and A1 ← R1, and for two sides that look at each other S1 → S2 and S2 → S1.
const LABEL = /\b([A-Z]\d+) ?(?:→|->|←|<-) ?([A-Z]\d+)\b/g;

/** Each ordering edge named in lib has its row in the README of the ring. */
export function orderingLabels(tree: Tree): string[] {
  const explained = new Set([...(tree.get(RING_README) ?? '').matchAll(LABEL)].map(pairOf));
  return select(tree, /^lib\/.*\.ts$/).flatMap(([path, text]) =>
    complaints(path, text, LABEL, (label) =>
      explained.has(pairOf(label)) ? undefined : `${label[0]} is not in ${RING_README}`,
    ),
  );
}

function pairOf([, left, right]: RegExpMatchArray): string {
  return [left!, right!].toSorted().join(' ');
}

const NPM = /\bnpm (?<run>run )?(?<name>\w[\w:-]*)/g;
/** Scripts that need no `run`. */
const NPM_SCRIPTS = /^(?:test|start|stop|restart)$/;
/** What npm does by itself. */
const NPM_OWN = /^(?:ci|cit|exec|i|init|install|link|pack|publish|uninstall)$/;

/** Every npm command that a README names in code is npm's own or a script of package.json. */
export function npmCommands(tree: Tree): string[] {
  const { scripts = {} } = JSON.parse(tree.get('package.json') ?? '{}') as {
    scripts?: Record<string, string>;
  };
  return select(tree, /(?:^|\/)README\.md$/).flatMap(([path, text]) => {
    const prose = withoutCode(text);
    return complaints(path, text, NPM, ({ 0: command, index, groups }) => {
      const name = groups!['name']!;
      const isScript = groups!['run'] !== undefined || NPM_SCRIPTS.test(name);
      const exists = isScript ? Object.hasOwn(scripts, name) : NPM_OWN.test(name);
      return exists || prose.startsWith(command, index) ? undefined : `${command}: does not exist`;
    });
  });
}
