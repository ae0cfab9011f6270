/** Typed arrays by name: what class a view is of, whatever its own properties say, and a new one of that class. */
type View = Uint8Array | DataView;
type ViewClass = new (memory: ArrayBufferLike, offset: number, length: number) => View;

/** What a view can be, in the order of their numbers in bytes that are written. */
const NAMES = [
  'DataView',
  'Buffer',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
] as const;

// oxlint-disable-next-line typescript/unbound-method -- It is called with `this`.
const tagOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)!.get as (this: ArrayBufferView) => string | undefined;

/** Number of the class of a view, for `viewOf`. */
export function viewClass(view: ArrayBufferView): number {
  if (Buffer.isBuffer(view)) return NAMES.indexOf('Buffer');
  return NAMES.indexOf((tagOf.call(view) ?? 'DataView') as (typeof NAMES)[number]);
}

export function viewName(view: ArrayBufferView): string {
  return NAMES[viewClass(view)]!;
}

/** A view of that class of a part of the memory, all of it by default. */
export function viewOf(
  number: number,
  memory: ArrayBufferLike,
  offset = 0,
  bytes = memory.byteLength - offset,
): View {
  const name = NAMES[number]!;
  if (name === 'Buffer') return Buffer.from(memory as ArrayBuffer, offset, bytes);
  const made = (
    globalThis as unknown as Record<string, ViewClass & { BYTES_PER_ELEMENT?: number }>
  )[name]!;
  return new made(memory, offset, bytes / (made.BYTES_PER_ELEMENT ?? 1));
}
