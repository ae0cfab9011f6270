/** Security associations: a direction, a key, a salt and a count of packets each. */
import { hkdfSync } from 'node:crypto';

export const MASTER_KEY_BYTES = 32;
export const ASSOCIATIONS_MAX = 1024;
/** AES-128 and the fixed part of the nonce, RFC 4106, 8.1: the last four octets are the salt. */
export const KEY_BYTES = 16;
export const SALT_BYTES = 4;
/** 1 to 255 are reserved. */
const FIRST_SPI = 0x1001;
/** Addresses that documentation may use, RFC 5737. */
export const TUNNEL = { source: [192, 0, 2, 1], destination: [192, 0, 2, 2] } as const;

export interface Association {
  readonly spi: number;
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
}

/** What IKE would agree upon: here all follows from one key. */
export function deriveAssociations(master: Uint8Array, count: number): Association[] {
  return Array.from({ length: count }, (_, i) => {
    const spi = FIRST_SPI + i;
    const material = hkdfSync('sha256', master, '', `esp ${spi}`, KEY_BYTES + SALT_BYTES);
    return {
      spi,
      key: new Uint8Array(material, 0, KEY_BYTES),
      salt: new Uint8Array(material, KEY_BYTES, SALT_BYTES),
    };
  });
}

/** Lines of Wireshark's table "esp_sa": with them it shows what is in the packets. */
export function wiresharkTable(associations: readonly Association[]): string {
  const addresses = [TUNNEL.source, TUNNEL.destination].map((address) => `"${address.join('.')}"`);
  return associations
    .map(({ spi, key, salt }) => {
      const secret = Buffer.concat([key, salt]).toString('hex');
      const cipher = '"AES-GCM with 16 octet ICV [RFC4106]"';
      return `"IPv4",${addresses.join(',')},"0x${spi.toString(16)}",${cipher},"0x${secret}","NULL","","32-bit"\n`;
    })
    .join('');
}
