/** The same nothing as no-op-task.ts, in the form that poolifier wants. */
import { ThreadWorker } from 'poolifier';

export default new ThreadWorker<number, number>((n = 0) => n);
