/** A thread of a run: the id of its port says what it does. */
import { workerData } from 'node:worker_threads';
import type { Orders } from './board.js';
import { Consumer } from './consumer.js';
import { produce } from './producer.js';
import { Hand } from './thread.js';

const orders = workerData as Orders;
const hand = new Hand(orders);
if (orders.attachment.portId < orders.topology.producers) produce(hand);
else new Consumer(hand).run();
