// What record.sh talks to: HTTP, HTTPS and DNS on the addresses of the server's side.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

const [key, cert] = ['key', 'cert'].map((name) => readFileSync(`${process.argv[2]}/${name}.pem`));
const page = `<!doctype html><title>example</title>${'<p>The quick brown fox.</p>'.repeat(300)}`;

function answer(request, response) {
  if (request.url !== '/' && request.url !== '/upload') response.writeHead(404).end();
  else request.resume().on('end', () => response.end(page));
}

/** Answers every question for an address with 10.77.0.1. */
function resolve(question) {
  const end = question.indexOf(0, 12) + 5;
  const header = Buffer.from([...question.subarray(0, 2), 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 77, 0, 1]);
  return Buffer.concat([header, question.subarray(12, end), record]);
}

createServer(answer).listen(80, '::');
createTlsServer({ key, cert }, answer).listen(443, '::');
const names = createSocket('udp4', (question, { port, address }) =>
  names.send(resolve(question), port, address),
);
names.bind(53, '10.77.0.1');
