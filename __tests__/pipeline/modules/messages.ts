/** Messages of a source with partitions, each of which says what becomes of it. */
import { many } from '../../../lib/pipeline/index.js';
import type { Many } from '../../../lib/pipeline/index.js';

export interface Message {
  readonly partition: string;
  readonly offset: number;
  /** Default: comes back. */
  readonly act?: 'end' | 'fail' | 'hang' | 'three';
}

type Result = Message | Many<Message> | undefined | Promise<Message>;

export function handle(message: Message): Result {
  const { act } = message;
  if (act === 'fail') throw new Error('failed');
  if (act === 'end') return undefined;
  if (act === 'hang') return new Promise<Message>(() => {});
  const { partition, offset } = message;
  return act === 'three' ? many([1, 2, 3].map(() => ({ partition, offset }))) : message;
}

export const echo = (message: Message): Message => message;
