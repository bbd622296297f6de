import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { freePort, type Order as Operation } from '@parley/cluster';
import type { Hurtable } from './composed.ts';
import type { SharedCluster } from './global.ts';

/** What tests may do to the cluster, which belongs to another process than theirs: `[operation, …arguments]`. */
export type Order =
  | ['balancer', commands: string]
  | ['kill', id: string, signal: NodeJS.Signals]
  | ['restart', id: string, env?: NodeEnv]
  | ['obey', operation: Operation]
  | ['nodes']
  | ['slots']
  | ['pid', id: string];

type NodeEnv = Readonly<Record<string, string>>;

/** More variables for single nodes, by id, from their next life on. */
export type NodeEnvs = Map<string, NodeEnv>;

/** Hands a cluster to the processes of tests, on loopback, with what they need to know of it. */
export async function serveCluster(
  cluster: Hurtable,
  { dir, nodeEnvs = new Map() }: { dir: string; nodeEnvs?: NodeEnvs },
): Promise<{ facts: SharedCluster; close: () => void }> {
  const obey = async (order: Order): Promise<unknown> => {
    switch (order[0]) {
      case 'kill':
        return cluster.kill(order[1], order[2]);
      case 'restart':
        nodeEnvs.set(order[1], order[2] ?? {});
        return cluster.restart(order[1]);
      case 'obey': {
        const said: string[] = [];
        await cluster.obey(order[1], (line) => said.push(line));
        return said;
      }
      case 'nodes':
        return cluster.nodes();
      case 'balancer':
        return cluster.admin.ask(order[1]);
      case 'slots':
        return cluster.admin.slots();
      case 'pid':
        return cluster.pid(order[1]);
    }
  };
  const port = await freePort();
  const server = createServer((request, response) => {
    text(request)
      .then((body) => obey(JSON.parse(body) as Order))
      .then((answer) => response.end(JSON.stringify({ answer })))
      .catch((error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)));
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  const { url, urls, statsUrl, databaseUrl, redisUrl, spacesPath } = cluster;
  const controlUrl = `http://127.0.0.1:${port}`;
  return { facts: { controlUrl, url, urls, statsUrl, databaseUrl, redisUrl, spacesPath, dir }, close };
}

export async function give(controlUrl: string, order: Order): Promise<unknown> {
  const response = await fetch(controlUrl, { method: 'POST', body: JSON.stringify(order) });
  const body = await response.text();
  if (!response.ok) throw new Error(`${JSON.stringify(order)}: ${body}`);
  return (JSON.parse(body) as { answer?: unknown }).answer;
}
