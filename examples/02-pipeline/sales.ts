import { setTimeout as sleep } from 'node:timers/promises';

interface Sale {
  shop: string;
  cents: number;
}
const totals = new Map<string, number>();

/** Slow, as if it asked somebody for the rate: 64 at once on each thread, and still in order. */
export async function convert(sale: Sale) {
  await sleep(Math.random() * 20);
  return { ...sale, cents: sale.cents * 1.1 };
}

/** The key: sales of one shop are counted one after another, always by the same thread. */
export const byShop = (sale: Sale) => sale.shop;

export function total({ shop, cents }: Sale) {
  totals.set(shop, (totals.get(shop) ?? 0) + cents);
  return `${shop} has sold for ${(totals.get(shop)! / 100).toFixed(2)}`;
}
