import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { identityOf, type RunningProcess } from '@parley/cluster';
import { expect, it, onTestFinished } from 'vitest';
import { createSampler, gainOf } from '../run/servers.ts';

/** A process that lives, and a page of metrics that answers as it is told. */
async function startNode() {
  const page = { status: 200, rows: 0 };
  const server = createServer((_request, response) =>
    response.writeHead(page.status).end(`parley_store_batch_rows_sum ${page.rows}\n`),
  ).listen(0, '127.0.0.1');
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await Promise.all([once(server, 'listening'), once(child, 'spawn')]);
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  };
  onTestFinished(async () => {
    await kill();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  const port = (server.address() as AddressInfo).port;
  const node: RunningProcess = {
    name: 's1',
    kind: 'socket',
    identity: identityOf(child.pid ?? 0) ?? { pid: 0, born: '' },
    port,
    privatePort: port,
  };
  return { page, kill, node };
}

it('a node that was too busy to answer once has gained what it counted meanwhile, not all that it ever counted', async () => {
  const { page, node } = await startNode();
  const sample = createSampler();
  page.rows = 1_000_000;
  const first = await sample([node]);
  page.status = 503;
  const second = await sample([node]);
  Object.assign(page, { status: 200, rows: 1_000_030 });
  const third = await sample([node]);
  expect(gainOf(first!, second!, 'rows')).toBe(0);
  expect(gainOf(second!, third!, 'rows')).toBe(30);
});

it('a node that died says nothing, and the one that follows it counts from 0', async () => {
  const { page, kill, node } = await startNode();
  const sample = createSampler();
  page.rows = 50;
  const first = await sample([node]);
  page.status = 503;
  await kill();
  const second = await sample([node]);
  expect(second!.nodes).toEqual({});
  const { page: next, node: follower } = await startNode();
  next.rows = 70;
  const third = await sample([follower]);
  expect(gainOf(first!, second!, 'rows')).toBe(0);
  expect(gainOf(second!, third!, 'rows')).toBe(70);
});
