/** fsck of pieces: those of an owner form a ring that its word points into. */
import {
  freeLink,
  HISTORY,
  HISTORY_WORDS,
  PIECE,
  PIECE_WORDS,
} from '../memory/scheduler-layout.js';
import { Pool, walk } from './fsck-findings.js';
import type { Findings, PieceOwner } from './fsck-findings.js';
import type { Machine } from './machine.js';

export function checkPieces(machine: Machine, found: Findings): void {
  const { m, at, pieces } = machine;
  if (pieces === null) return;
  const nodes = new Pool(found, 'piece node');
  let held = 0;
  for (const owner of found.owners) held += checkOwner(machine, found, nodes, owner);
  const { free, nodes: used } = pieces.pool;
  const next = (node: number): number => freeLink(m[node + PIECE.NEXT]!);
  walk(found, free, machine.plan.capacity, 'free piece nodes', next, (node) =>
    nodes.take((node - at.pieces) / PIECE_WORDS, 'the pool'),
  );
  nodes.checkAll(used);
  found.expect(held === pieces.held, `${held} pieces are held, counted ${pieces.held}`);
  const known = new Set(found.owners.map(({ owner }) => owner));
  for (let i = 0; i < machine.ports.length * at.historyDepth; i++) {
    const owner = at.history + i * HISTORY_WORDS + HISTORY.PIECES;
    found.expect(m[owner] === -1 || known.has(owner), `history entry ${i}, not in use, has pieces`);
  }
}

/** Returns how many pieces the owner has. */
function checkOwner(
  machine: Machine,
  found: Findings,
  nodes: Pool,
  { owner, queue, where }: PieceOwner,
): number {
  const { m, at } = machine;
  const newest = m[owner]!;
  if (newest === -1) return 0;
  const most = queue.fragments;
  let length = 0;
  let node = newest;
  do {
    node = m[node + PIECE.NEXT]!;
    nodes.take((node - at.pieces) / PIECE_WORDS, `pieces of ${where}`);
    found.see(node, `pieces of ${where}`);
    length++;
  } while (node !== newest && length <= most);
  found.expect(node === newest, `pieces of ${where}: more than ${most}`);
  const counted = m[newest + PIECE.COUNT]!;
  found.expect(length === counted, `pieces of ${where}: ${length}, counted ${counted}`);
  return length;
}
