/**
 * Who may ask over loopback: any program of any user of the machine can connect, and so can any page in a
 * browser. So each request carries a token that only the device's user can read, and names the host
 * that we are: a page whose own host name leads here names that.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from './refusal.js';

const TOKEN_BYTES = 32;
const BEARER = /^Bearer +(?<token>\S+)$/i;

/** Throws if the request is not to be answered. */
export type Guard = (request: IncomingMessage) => void;

export function makeToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

export function loopbackGuard(port: number, token: string): Guard {
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
  const expected = digest(token);
  return ({ headers }) => {
    if (!hosts.has(headers.host ?? '')) {
      const details = { field: 'Host', value: headers.host };
      throw new HttpRefusal(403, 'ERR_DLB_NOT_PERMITTED', 'the Host header is not ours', details);
    }
    const given = BEARER.exec(headers.authorization ?? '')?.groups?.['token'] ?? '';
    if (!timingSafeEqual(digest(given), expected)) {
      throw new HttpRefusal(401, 'ERR_DLB_NOT_PERMITTED', 'the bearer token is missing or wrong', {
        field: 'Authorization',
      });
    }
  };
}

/** Of equal length, whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
