import { createPipeline, stage } from '../lib/index.js';
import type { convert, total } from './02-pipeline/sales.js';

const module = new URL('./02-pipeline/sales.js', import.meta.url);
await using pipeline = await createPipeline({
  workers: 2,
  codec: 'json', // Sales are plain objects: JSON is the cheapest way across threads for them.
  stages: [
    stage<typeof convert>({ module, handler: 'convert', codec: 'json', concurrency: 64 }),
    stage<typeof total>({ module, handler: 'total', schedule: 'sticky', flow: 'byShop' }),
  ],
});

function* sales() {
  for (let i = 0; i < 1000; i++) yield { shop: ['Oslo', 'Rome', 'Kyiv'][i % 3]!, cents: i };
}

let last = '';
for await (const line of pipeline.run(sales())) last = line;
console.log(last); // The 1000th result, which is the 1000th sale's: Oslo has sold for 1835.16
