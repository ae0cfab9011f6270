/**
 * CRC-32 of two texts in a row from those of each: Mark Adler's crc32_combine of zlib.
 *
 * Appending a zero bit to a text multiplies its CRC, a polynomial over GF(2), by x. Appending n zero
 * bytes multiplies by x^8n, which takes as many squarings as n has bits. The CRC of the second text
 * is then added.
 */

/** x^32 + ..., its bits reversed, as in the CRC itself: bit 31 is x^0. */
const POLYNOMIAL = 0xedb8_8320;
const ONE = 0x8000_0000;
const X_TO_THE_8 = 0x0080_0000;

/** @param length of the second text, in bytes. */
export function combineCrc32(first: number, second: number, length: number): number {
  return (multiply(powerOfX8(length), first) ^ second) >>> 0;
}

function powerOfX8(exponent: number): number {
  let power = ONE;
  let square = X_TO_THE_8;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(square, power);
    square = multiply(square, square);
  }
  return power;
}

/** Modulo the polynomial. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= b;
    b = (b & 1) === 0 ? b >>> 1 : (b >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}
