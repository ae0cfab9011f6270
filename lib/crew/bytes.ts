/**
 * Bytes that users pass and return, as the engine knows them: a subclass, or a property of the object itself, may say
 * anything of its length.
 */
import { types } from 'node:util';

const TYPED = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const ofTyped = gettersOf(TYPED);
const ofDataView = gettersOf(DataView.prototype);

/** Length of a typed array in bytes. @throws TypeError when its buffer was detached, or is too short for it now. */
export function lengthOf(bytes: ArrayBufferView): number {
  const length = ofTyped.byteLength.call(bytes);
  // Both read as 0. A method that looks into the array refuses them.
  if (length === 0) TYPED.at.call(bytes as Uint8Array, 0);
  return length;
}

/** The same memory as bytes. @throws as `lengthOf` */
export function asBytes(view: ArrayBufferView): Uint8Array {
  if (types.isUint8Array(view)) return view;
  const isTyped = types.isTypedArray(view);
  const { buffer, byteOffset, byteLength } = isTyped ? ofTyped : ofDataView;
  const length = isTyped ? lengthOf(view) : byteLength.call(view);
  return new Uint8Array(buffer.call(view), byteOffset.call(view), length);
}

type Getter<T> = (this: ArrayBufferView) => T;

function gettersOf(prototype: object): {
  readonly buffer: Getter<ArrayBufferLike>;
  readonly byteOffset: Getter<number>;
  readonly byteLength: Getter<number>;
} {
  const get = <T>(name: string): Getter<T> =>
    Reflect.get(Object.getOwnPropertyDescriptor(prototype, name)!, 'get') as Getter<T>;
  return { buffer: get('buffer'), byteOffset: get('byteOffset'), byteLength: get('byteLength') };
}
