import { scryptSync } from 'node:crypto';

type Sale = { shop: string; cents: number };
const totals = new Map<string, number>();

/** Work for a core: a seal that is dear to forge. */
export function seal(sale: Sale) {
  return { ...sale, seal: scryptSync(sale.shop, `${sale.cents}`, 8, { N: 256 }).toString('hex') };
}

/** The key: sales of one shop are counted one after another, always by the same thread. */
export const byShop = (sale: Sale) => sale.shop;

export function total({ shop, cents }: Sale) {
  totals.set(shop, (totals.get(shop) ?? 0) + cents);
  return `${shop} has sold for ${(totals.get(shop)! / 100).toFixed(2)}`;
}
