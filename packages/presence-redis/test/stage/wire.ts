import { connect as connectTo, createServer, type Socket } from 'node:net';
import { freePort } from '@parley/testkit';

type Cut = 'nothing' | 'everything' | 'what subscribers hear';

/** A wire to a port of this machine that can be cut: nothing passes then, and nobody is told. */
export async function startWire(port: number) {
  const sockets = new Set<Socket>();
  let cut: Cut = 'nothing';
  const server = createServer((near) => {
    const far = connectTo(port, '127.0.0.1');
    let subscribes = false;
    join(near, far, (data) => {
      subscribes ||= data.includes('ssubscribe');
      return cut !== 'everything';
    });
    join(far, near, () => cut === 'nothing' || (cut !== 'everything' && !subscribes));
  });
  const join = (from: Socket, to: Socket, passes: (data: Buffer) => boolean) => {
    sockets.add(from);
    from.on('data', (data) => {
      if (passes(data)) to.write(data);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const own = await freePort();
  await new Promise<void>((resolve) => server.listen(own, '127.0.0.1', resolve));
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `redis://127.0.0.1:${own}`,
    cut() {
      cut = 'everything';
    },
    /** Subscribers hear nothing more, although their connection looks well. */
    deafen() {
      cut = 'what subscribers hear';
    },
    /** What is sent from now on passes; what was cut stays lost. */
    mend() {
      cut = 'nothing';
    },
    hangUp,
    close() {
      hangUp();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export type Wire = Awaited<ReturnType<typeof startWire>>;
