export { openDoor } from './door.js';
export type { Door } from './door.js';
export { controlFolder, controlFolders, refusalOf } from './folder.js';
export { DROPPED_HEADER } from './routes.js';
export type { ErrorBody } from './refusal.js';
export { runningSockets, tokenPath } from './sockets.js';
export type { FoundSocket } from './sockets.js';
