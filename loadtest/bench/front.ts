import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startHaproxy } from '@parley/cluster';
import type { Running } from './processes.ts';
import type { Node } from './system.ts';

/** Where clients connect, and the processes that stand before the nodes. */
export type Front = (nodes: readonly Node[]) => Promise<{ urls: string[]; running: Running[] }>;

/** Each client goes straight to its node. */
export const direct: Front = async (nodes) => ({
  urls: nodes.map(({ port }) => `ws://127.0.0.1:${port}`),
  running: [],
});

/** All clients go through HAProxy with the project's own configuration, whichever system stands behind it. */
export function throughHaproxy(root: string, logDir: string): Front {
  return async (nodes) => {
    const [port, statsPort] = [await freePort(), await freePort()];
    const spacesMap = join(logDir, `spaces-${port}.map`);
    writeFileSync(spacesMap, `${port} main\n`);
    const haproxy = await startHaproxy({
      config: join(root, 'haproxy.cfg'),
      cwd: root,
      bind: `127.0.0.1:${port}`,
      statsPort,
      spacesMap,
      adminSocket: join(tmpdir(), `parley-bench-${process.pid}.sock`),
      logFile: join(logDir, 'haproxy.log'),
      // As if something before it ended TLS.
      env: { PARLEY_FORWARDED_PROTO: 'https' },
    });
    for (const [index, node] of nodes.entries()) {
      await haproxy.admin.fill('sockets', `s${index + 1}`, { host: '127.0.0.1', ...node });
    }
    return { urls: [`ws://127.0.0.1:${port}`], running: [{ pid: haproxy.pid, stop: () => haproxy.stop() }] };
  };
}
