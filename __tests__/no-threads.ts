/** For `npm run test:fast`: a test that starts a thread or a process fails, and says why. */
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import workerThreads from 'node:worker_threads';

function refuse(what: string): () => never {
  return () => {
    throw new Error(`${what} is not for npm run test:fast: name the file in jest.fast.config.js`);
  };
}

Object.assign(workerThreads, { Worker: refuse('a thread') });
Object.assign(childProcess, {
  spawn: refuse('a process'),
  execFile: refuse('a process'),
  execFileSync: refuse('a process'),
});
syncBuiltinESMExports();
