/**
 * Whose request a line is. Formats differ in what they put in front of the time:
 *
 *   CLIENT IDENTITY USER                    common, combined, nginx
 *   HOST:PORT CLIENT IDENTITY USER          Apache's vhost_combined
 *   HOST CLIENT IDENTITY USER               %v in front
 *
 * A user's name may have spaces. What could be read in two ways is not read at all: a host that is taken
 * for a client would be counted without a word.
 */
import { isIP } from 'node:net';

/** Letters, digits, and what else is in use; a name does not end in a number, an address does. */
const NAME = /^(?:[\w-]+\.)*[\w-]*[A-Za-z_][\w-]*\.?$/;
const NAME_MAX = 253;
const HOST_AND_PORT = /^(.+):\d{1,5}$/;

/** @param front all before the time. @returns undefined for what names no client for certain. */
export function clientOf(front: string): string | undefined {
  const words = front.split(' ');
  const [client, identity, ...user] = words.slice(hasHost(words) ? 1 : 0);
  if (client === undefined || identity === undefined || user.length === 0) return undefined;
  if (!isClient(client) || identity === '') return undefined;
  // The client may be any of two, then.
  if (isName(client) && identity !== '-') return undefined;
  if ([identity, ...user].some((word) => isIP(word) !== 0)) return undefined;
  if (user.length > 1 && user.includes('-')) return undefined;
  return client;
}

/** Whether the name of the host that was asked stands in front. */
function hasHost([first = '', second = '', third]: readonly string[]): boolean {
  if (isIP(first) !== 0) return false;
  const host = HOST_AND_PORT.exec(first)?.[1];
  if (host !== undefined) return isName(host) || isIP(host.replace(/^\[(.*)\]$/, '$1')) !== 0;
  return isName(first) && (isIP(second) !== 0 || (isName(second) && third === '-'));
}

function isClient(word: string): boolean {
  return isIP(word) !== 0 || isName(word);
}

function isName(word: string): boolean {
  return word.length <= NAME_MAX && NAME.test(word);
}
