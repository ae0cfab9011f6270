/** What of a value is seen on its way to another thread, wherever in it, and how it is refused. */
import { expect, test } from '@jest/globals';
import { decodeCopy, Encoder } from '../../lib/pipeline/codec.js';
import type { Codec } from '../../lib/pipeline/index.js';

/** As it arrives. */
function carried(value: unknown, codec: Codec = 'auto'): unknown {
  const encoder = new Encoder();
  const room = Buffer.alloc(1 << 20);
  const length = encoder.write(value, codec, room);
  if (length >= 0) return decodeCopy(encoder.kind, room.subarray(0, length), encoder.shared);
  const kept = Buffer.alloc(encoder.needed);
  encoder.writeKept(kept);
  return decodeCopy(encoder.kind, kept, encoder.shared);
}

function refusalOf(value: unknown, codec: Codec = 'auto'): unknown {
  try {
    return carried(value, codec);
  } catch (error) {
    return error;
  }
}

function refused(path: string, type: string): unknown {
  const details = expect.objectContaining({ path, type });
  return expect.objectContaining({ code: 'ERR_DLB_INVALID_ARGUMENT', details });
}

const LENGTHS = [0, 1, 2, 8, 9, 63, 64, 65, 66, 1000, 5000];
const NAMES = ['url', '', '-1', '1.5', '01', '4294967295', 'more items ]'];

test('W5: properties with names are seen in arrays of any length', () => {
  for (const length of LENGTHS) {
    const array = (more: object): unknown[] =>
      Object.assign(
        Array.from({ length }, (_, i) => i),
        more,
      );
    for (const name of NAMES) {
      const list = array({ [name]: new URL('http://localhost/') });
      expect(refusalOf(list)).toEqual(refused(`value.${name}`, 'URL'));
      expect(refusalOf({ list: [list] })).toEqual(refused(`value.list[0].${name}`, 'URL'));
    }
    const error = Object.assign(new TypeError('t'), { code: 'E1' });
    const more = { error, view: Uint8Array.of(1, 2, 3), shared: new SharedArrayBuffer(8) };
    const result = carried(array(more)) as unknown[] & typeof more;
    expect(result.length).toBe(length);
    expect(result.error).toMatchObject({ message: 't', code: 'E1' });
    expect([result.view.byteOffset, result.view.buffer.byteLength]).toEqual([0, 3]);
    expect(result.shared).toBe(more.shared);
  }
});

test('W5: also where members of the array are missing or not enumerable', () => {
  for (const length of [3, 100]) {
    const list = Array.from({ length }, (_, i) => i);
    for (const key of [0, length - 1]) {
      const hidden = Object.defineProperty([...list], key, { enumerable: false });
      const holes = [...list];
      // oxlint-disable-next-line typescript/no-dynamic-delete, typescript/no-array-delete -- A hole.
      delete holes[key];
      for (const each of [hidden, holes]) {
        Object.assign(each, { url: new URL('http://localhost/') });
        expect(refusalOf(each)).toEqual(refused('value.url', 'URL'));
      }
    }
  }
});
