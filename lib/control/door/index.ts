export { openDoor } from './door.js';
export type { Door } from './door.js';
export { controlFolder, refusalOf } from './folder.js';
export type { ErrorBody } from './refusal.js';
export { runningSockets, tokenPath } from './sockets.js';
export type { FoundSocket } from './sockets.js';
