import { chmodSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Operations, Order } from './operations.ts';
import type { Progress } from './progress.ts';
import { Trouble } from './trouble.ts';

/** One line of an answer: what is done now, and how it ended. */
type Line = { say: string } | { done: true } | { trouble: string; remedy: readonly string[] };

/**
 * Where commands reach the process that owns the nodes: a socket that only its user can open. Whoever asks hears every
 * step; when the one who asked goes away, the order is obeyed all the same.
 */
export async function serveOrders(path: string, obey: Operations, progress: Progress): Promise<() => void> {
  rmSync(path, { force: true });
  const server = createServer((asked, answer) => {
    const tell = (line: Line): void => void answer.write(`${JSON.stringify(line)}\n`);
    const say: Progress = (line) => {
      progress(line);
      tell({ say: line });
    };
    text(asked)
      .then((body) => obey(JSON.parse(body) as Order, say))
      .then(
        () => tell({ done: true }),
        (error: unknown) => {
          const { message, remedy } = error instanceof Trouble ? error : new Trouble(String(error));
          tell({ trouble: message, remedy });
        },
      )
      .finally(() => answer.end());
    answer.on('error', () => undefined);
  });
  server.listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o600);
  return () => {
    server.close();
    server.closeAllConnections();
    rmSync(path, { force: true });
  };
}

/** Hands an order over and waits until it is obeyed. @throws Trouble with the other side's words, or when it went away */
export async function order(path: string, wanted: Order, say: Progress): Promise<void> {
  const asked = request({ socketPath: path, method: 'POST' });
  asked.end(JSON.stringify(wanted));
  try {
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    for await (const text of createInterface({ input: answer })) {
      const line = JSON.parse(text) as Line;
      if ('say' in line) say(line.say);
      else if ('trouble' in line) throw new Trouble(line.trouble, line.remedy);
      else return;
    }
  } catch (error) {
    if (error instanceof Trouble) throw error;
    throw new Trouble(`The cluster's own process cannot be reached at ${path}: ${String(error)}`, [], error);
  }
  throw new Trouble('The cluster ended meanwhile.');
}
