/** A set-up that fails with what the platform throws. */
export function setup(): never {
  throw new DOMException('nobody answered', 'TimeoutError');
}

export default function handle(item: unknown): unknown {
  return item;
}
