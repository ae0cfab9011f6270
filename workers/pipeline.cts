/**
 * Thread entry of pipelines: Piscina loads this file and runs one task per thread.
 *
 * It is CommonJS because Piscina requires what it is given, and Node 20 aborts the whole process
 * when a thread is terminated while it requires an ES module.
 */
module.exports = async function runSeat(task: never): Promise<void> {
  const { default: run } = await import('../lib/pipeline/worker.js');
  await run(task);
};
