import { createPipeline, stage } from '../lib/index.js';
import type { seal, total } from './02-pipeline/sales.js';

const module = new URL('./02-pipeline/sales.js', import.meta.url);
await using pipeline = await createPipeline({
  workers: 2,
  stages: [
    stage<typeof seal>({ module, handler: 'seal', schedule: 'ordered' }),
    stage<typeof total>({ module, handler: 'total', schedule: 'sticky', flow: 'byShop' }),
  ],
});

function* sales() {
  for (let i = 0; i < 1000; i++) yield { shop: ['Oslo', 'Rome', 'Kyiv'][i % 3]!, cents: i };
}

let last = '';
for await (const line of pipeline.run(sales())) last = line;
console.log(last); // Of the 1000th sale: Oslo has sold for 1668.33
