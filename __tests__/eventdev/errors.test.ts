/** DlbError: a stable code, a message that ends in name=value pairs. */
import { expect, test } from '@jest/globals';
import { DlbError, ERROR_CODES } from '../../lib/index.js';

test('the message ends in the details, by name and value', () => {
  const error = new DlbError('ERR_DLB_INVALID_QID', 'queue id out of range', {
    field: 'queueId',
    queueId: 20,
    list: [1, 2],
    none: undefined,
    big: 5n,
  });
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe('DlbError');
  expect(error.code).toBe('ERR_DLB_INVALID_QID');
  expect(error.message).toBe(
    'queue id out of range: field=queueId, queueId=20, list=[1,2], none=undefined, big=5n',
  );
  expect(error.details['queueId']).toBe(20);
});

test('an error without details is its sentence alone', () => {
  expect(new DlbError('ERR_DLB_INTERNAL_ERROR', 'a defect').message).toBe('a defect');
});

test('every code has the prefix and a meaning', () => {
  for (const [code, meaning] of Object.entries(ERROR_CODES)) {
    expect(code).toMatch(/^ERR_DLB_[A-Z_]+$/);
    expect(meaning).toMatch(/^[a-zA-Z]/);
  }
});
