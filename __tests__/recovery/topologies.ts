/** Domains in which a scheduler is cut off. */
import { SCHED } from '../../lib/index.js';
import type { Topology } from './scenario.js';

const worker = { links: [0, 1], dequeueDepth: 4, implicitRelease: false };
const ORDERED = { type: 'ordered' as const, sequences: 16 };

export const TOPOLOGIES: Topology[] = [
  {
    name: 'atomic, with flows that are blocked',
    spec: {
      eventsLimit: 64,
      queues: [
        { type: 'atomic', flows: 16 },
        { type: 'atomic', flows: 16 },
      ],
      ports: [{}, worker, worker, worker],
    },
    first: [0],
    next: 1,
    inOrder: [true, true],
  },
  {
    name: 'ordered, then atomic',
    spec: {
      eventsLimit: 48,
      queues: [ORDERED, { type: 'atomic', flows: 16 }],
      ports: [{}, worker, worker, worker],
    },
    first: [0],
    next: 1,
    inOrder: [true, true],
  },
  {
    name: 'ordered per flow, then directed',
    spec: {
      eventsLimit: 48,
      queues: [{ ...ORDERED, scope: 'flow', flows: 8 }, { type: 'directed' }],
      ports: [{}, { ...worker, links: [0] }, { ...worker, links: [0] }, worker],
    },
    first: [0],
    next: 1,
    inOrder: [true, true],
  },
  {
    name: 'any, then parallel',
    spec: {
      eventsLimit: 64,
      queues: [{ type: 'any', flows: 16, sequences: 16 }, { type: 'parallel' }],
      ports: [{}, worker, worker],
    },
    first: [0],
    next: 1,
    schedTypes: [SCHED.ORDERED, SCHED.ATOMIC, SCHED.PARALLEL],
    inOrder: [true, false],
  },
  {
    name: 'pieces of ordered events',
    spec: {
      eventsLimit: 32,
      queues: [
        { ...ORDERED, fragments: 4 },
        { type: 'atomic', flows: 16 },
      ],
      ports: [{}, worker, worker],
    },
    first: [0],
    next: 1,
    pieces: 4,
    inOrder: [true, true],
  },
  {
    name: 'pieces of atomic events and of ordered ones per flow',
    spec: {
      eventsLimit: 32,
      queues: [
        { type: 'atomic', flows: 16, fragments: 4 },
        { type: 'parallel' },
        { ...ORDERED, scope: 'flow', flows: 8, fragments: 4 },
      ],
      ports: [{}, { ...worker, links: [0, 1, 2] }, { ...worker, links: [0, 1, 2] }],
    },
    first: [0, 2],
    next: 1,
    pieces: 4,
    inOrder: [true, true],
  },
  {
    name: 'renewals of ordered events',
    spec: {
      eventsLimit: 32,
      queues: [
        { ...ORDERED, fragments: 4 },
        { type: 'atomic', flows: 16 },
      ],
      ports: [{}, worker, worker],
    },
    first: [0],
    next: 1,
    pieces: 4,
    renews: true,
    inOrder: [true, true],
  },
  {
    name: 'renewals of events of all types, in any order',
    spec: {
      eventsLimit: 32,
      queues: [
        { type: 'atomic', flows: 16, fragments: 4 },
        { type: 'parallel' },
        { ...ORDERED, scope: 'flow', flows: 8, fragments: 4 },
        { type: 'directed', fragments: 4 },
      ],
      ports: [
        {},
        { ...worker, links: [0, 1, 2, 3], independentEnqueue: true },
        { ...worker, links: [0, 1, 2], independentEnqueue: true, wideNames: true },
      ],
    },
    first: [0, 2, 3],
    next: 1,
    pieces: 4,
    renews: true,
    isIndependent: true,
    inOrder: [true, false],
  },
  {
    name: 'completions in any order',
    spec: {
      eventsLimit: 64,
      queues: [ORDERED, { type: 'atomic', flows: 16 }, { type: 'atomic', flows: 16 }],
      ports: [
        {},
        { ...worker, links: [0, 1, 2], independentEnqueue: true },
        { ...worker, links: [0, 1, 2], independentEnqueue: true },
      ],
    },
    first: [0, 2],
    next: 1,
    isIndependent: true,
    inOrder: [true, false],
  },
  {
    name: 'the oldest stays open, its name is wide',
    spec: {
      eventsLimit: 24,
      queues: [{ type: 'parallel' }, { type: 'atomic', flows: 16 }],
      ports: [
        {},
        { ...worker, independentEnqueue: true, wideNames: true },
        { ...worker, independentEnqueue: true },
      ],
    },
    first: [0],
    next: 1,
    isIndependent: true,
    keepsOldest: true,
    inOrder: [false, false],
  },
  {
    name: 'ports that come, go, and give back',
    spec: {
      eventsLimit: 64,
      queues: [{ type: 'atomic', flows: 16 }, { type: 'parallel' }, ORDERED],
      ports: [
        {},
        { ...worker, links: [0, 1, 2] },
        { ...worker, links: [0, 1, 2] },
        { ...worker, links: [0, 1] },
      ],
    },
    first: [0, 2],
    next: 1,
    isRestless: true,
    inOrder: [true, false],
  },
];
