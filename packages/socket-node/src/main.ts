import cluster from 'node:cluster';
import { announce, createLogger, readStart, runNode } from '@parley/node-kit';
import { listen } from './app.ts';
import { serve } from './serve.ts';
import { runPrimary } from './workers/primary.ts';
import { takeFromPrimary } from './workers/worker.ts';

await runNode(async () => {
  const told = readStart(process.env);
  const { config, spaces } = told;
  const log = createLogger(config);
  if (cluster.isWorker) return serve({ config, spaces, log }, takeFromPrimary);
  announce(log, told);
  if (config.workers > 1) return runPrimary(config, log);
  return serve({ config, spaces, log }, (io) => listen(io.httpServer, config.host, config.port, log));
});
