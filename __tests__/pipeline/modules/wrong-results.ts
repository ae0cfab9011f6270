/** Returns a value of the kind that the item names, as text or as bytes. */
const VALUES: Readonly<Record<string, unknown>> = {
  String: 'text',
  Array: [1, 2],
  Number: 5,
  Uint8Array: new Uint8Array(1),
  BigInt: 1n,
  Function: () => {},
  Symbol: Symbol('no'),
  null: null,
};

export function wrongResult(kind: string | Uint8Array): unknown {
  return VALUES[typeof kind === 'string' ? kind : Buffer.from(kind).toString()];
}
