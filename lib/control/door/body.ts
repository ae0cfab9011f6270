/** Requests and answers as JSON, within bounds. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parsedJson, printableJson, reasonOf } from '../../eventdev/text.js';
import { HttpRefusal, bodyOf, statusOf } from './refusal.js';

/** A document with every queue and port of 32 full domains has less. */
const BODY_MAX = 1 << 20;
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

/** @throws HttpRefusal 415, 413, 400 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  // A page may send other types without asking first.
  const type = request.headers['content-type'] ?? '';
  if (!JSON_TYPE.test(type)) {
    throw new HttpRefusal(415, 'ERR_DLB_INVALID_ARGUMENT', 'the body must be application/json', {
      field: 'Content-Type',
      value: type,
    });
  }
  const text = (await readBounded(request)).toString('utf8');
  try {
    return parsedJson(text);
  } catch (error) {
    throw new HttpRefusal(400, 'ERR_DLB_INVALID_ARGUMENT', 'the body is not JSON', {
      field: 'body',
      reason: reasonOf(error),
    });
  }
}

function readBounded(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= BODY_MAX) chunks.push(chunk);
      else {
        reject(
          new HttpRefusal(
            413,
            'ERR_DLB_INVALID_ARGUMENT',
            `the body is more than ${BODY_MAX} bytes`,
            {
              field: 'body',
              max: BODY_MAX,
            },
          ),
        );
      }
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new Error('the connection was closed')));
  });
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const json = printableJson(JSON.stringify(value));
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(`${json}\n`);
}

export function sendError(response: ServerResponse, error: unknown): void {
  // What is left of the body is not waited for.
  if (!response.headersSent) response.setHeader('connection', 'close');
  sendJson(response, statusOf(error), bodyOf(error));
}
