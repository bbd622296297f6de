import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@parley/cluster';
import { answers200, startProcess } from '../processes.ts';
import type { Stores } from '../stores.ts';
import { type Population, type System, templateName, seatWithoutToken } from '../system.ts';

const database = 'bench_centrifugo';

/**
 * Centrifugo's nodes, joined by its Redis engine. It stores nothing: an acknowledgement says that Redis took the message, and
 * whoever is away misses it. Its database stays empty, and is there because every system has one.
 */
export function centrifugo({ roomSize }: Population, stores: Stores, logDir: string, folder: string): System {
  return {
    name: 'centrifugo',
    protocol: 'centrifugo',
    database,
    template: templateName(database),
    fill: async () => {},
    async startNode(index) {
      const port = await freePort();
      const configPath = join(logDir, `centrifugo-${index}.json`);
      mkdirSync(logDir, { recursive: true });
      writeFileSync(configPath, JSON.stringify(configOf(port, stores.redisUrl)));
      const running = await startProcess(
        {
          file: join(folder, 'centrifugo'),
          args: ['--config', configPath],
          logPath: `${logDir}/centrifugo-${index}.log`,
        },
        answers200(`http://127.0.0.1:${port}/health`),
      );
      return { ...running, port, privatePort: port };
    },
    seat: (index, url) => seatWithoutToken(index, url, roomSize),
    audit: async () => [],
  };
}

/** Its defaults, and in its favour: no tokens, no permissions, no history, no presence, no compression. */
export function configOf(port: number, redisUrl: string) {
  return {
    address: '127.0.0.1',
    port: String(port),
    engine: 'redis',
    redis_address: redisUrl,
    client_insecure: true,
    health: true,
    usage_stats_disable: true,
  };
}
