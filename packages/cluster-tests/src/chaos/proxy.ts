import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '@parley/cluster';

/** A TCP proxy on loopback that can do to a connection what networks do. */
export type ChaosProxy = {
  port: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Resets every connection; new ones are taken. */
  cut(): void;
  /** From now on nothing gets through, in either direction, and nobody is told: a half-open connection. */
  freeze(): void;
  /** What waited goes on. */
  thaw(): void;
  /** Takes away what flows to the client only: requests arrive, answers are lost with the connection. */
  swallowAnswers(swallow: boolean): void;
  close(): Promise<void>;
};

type Pair = { near: Socket; far: Socket };

export async function chaosProxy(target: { host: string; port: number }): Promise<ChaosProxy> {
  const pairs = new Set<Pair>();
  let frozen = false;
  let swallow = false;

  const server = createServer((near) => {
    const far = connect(target);
    const pair = { near, far };
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    near.on('data', (chunk) => {
      if (!far.write(chunk)) near.pause();
    });
    far.on('data', (chunk) => {
      if (!swallow && !near.write(chunk)) far.pause();
    });
    near.on('drain', () => frozen || far.resume());
    far.on('drain', () => frozen || near.resume());
    for (const socket of [near, far]) socket.setNoDelay(true).on('error', end).on('close', end);
    if (frozen) hold(pair);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  const cut = () => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
  };
  return {
    port,
    get open() {
      return pairs.size;
    },
    cut,
    freeze() {
      frozen = true;
      for (const pair of pairs) hold(pair);
    },
    thaw() {
      frozen = false;
      for (const { near, far } of pairs) {
        near.resume();
        far.resume();
      }
    },
    swallowAnswers(on) {
      swallow = on;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

function hold({ near, far }: Pair): void {
  near.pause();
  far.pause();
}
