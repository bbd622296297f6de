import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Hears } from '../generator/client.ts';
import { openClient } from '../generator/open-client.ts';
import type { PeerName, Seat } from '../generator/plan.ts';

/** Stands for a peer's server, which says what the test tells it to. For the tests of one `describe`. */
export function standIn(path: string) {
  let server: WebSocketServer;
  beforeAll(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0, path });
    await once(server, 'listening');
  });
  afterAll(async () => {
    for (const client of server.clients) client.terminate();
    server.close();
    await once(server, 'close');
  });

  return {
    /** A client, what it heard, and the server's end of its connection with what that heard. */
    async enter(protocol: PeerName, conversationId: string) {
      const { port } = server.address() as AddressInfo;
      const heard = recorder<unknown[]>();
      const hears: Hears = {
        ready: (reached) => heard.add(['ready', reached]),
        answered: (id, outcome) => heard.add(['answered', id, outcome]),
        delivered: (stamp, number) => heard.add(['delivered', stamp, number]),
        closed: (reason) => heard.add(['closed', reason]),
      };
      const seat: Seat = {
        url: `ws://127.0.0.1:${port}`,
        headers: {},
        userId: 'ann',
        token: 'a-token',
        conversationId,
      };
      const said = recorder<string>();
      const connection = once(server, 'connection') as Promise<[WebSocket]>;
      const client = openClient(protocol, seat, hears);
      const [peer] = await connection;
      peer.on('message', (data: Buffer) => said.add(data.toString()));
      return { client, peer, heard: heard.atLeast, said: said.atLeast };
    },
  };
}

/** What came so far, for those who wait for more of it. */
function recorder<T>() {
  const all: T[] = [];
  let onMore = (): void => undefined;
  return {
    add(one: T): void {
      all.push(one);
      onMore();
    },
    atLeast: (count: number) =>
      new Promise<readonly T[]>((resolve) => {
        onMore = () => all.length >= count && resolve(all);
        onMore();
      }),
  };
}
