import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { silent } from '@parley/cluster';
import { Server, type ServerOptions, type Socket } from 'socket.io';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findK6 } from '../run/k6.ts';

const lib = join(import.meta.dirname, '..', 'lib');
const quoted = (file: string): string => JSON.stringify(join(lib, file));

/** A real server that knows nobody of us. */
async function serve(options: Partial<ServerOptions>, accept: (socket: Socket) => void): Promise<string> {
  const http = createServer();
  const io = new Server(http, options);
  io.of('/chat').on('connection', accept);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => io.close());
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** What a script of k6 prints whose one socket at `url` hears `hears`. */
async function printedBy(url: string, hears: string): Promise<string[]> {
  const work = mkdtempSync(join(tmpdir(), 'parley-socket-'));
  onTestFinished(() => rmSync(work, { recursive: true, force: true }));
  const script = join(work, 'script.ts');
  writeFileSync(
    script,
    `import { openInK6 } from ${quoted('open-k6.ts')};
import { openSocket } from ${quoted('socket.ts')};
const reconnect = { firstMs: 10, maxMs: 10 };
export default function () {
  const socket = openSocket({ url: '${url}', open: openInK6(), namespace: '/chat', reconnect }, { ${hears} });
}
`,
  );
  const { command, args } = await findK6({ readable: [lib, work], writable: [] }, silent);
  const quiet = ['--quiet', '--no-usage-report', '--log-format=raw'];
  const { stderr } = await promisify(execFile)(command, [...args, 'run', ...quiet, script]);
  return stderr.split('\n').filter((line) => line !== '');
}

describe('the client in k6, at a real Socket.IO server', () => {
  it('knows its id, asks and is asked, with binary values, and ends its iteration when it leaves', async () => {
    const url = await serve({}, (socket) => {
      socket.on('ask', (bytes: Buffer, answer: (...said: unknown[]) => void) => answer(socket.id, { back: bytes }));
      socket.on('turn', () => socket.emit('question', Buffer.of(7), (said: Buffer) => socket.emit('thanks', said)));
    });
    const [id, ...rest] = await printedBy(
      url,
      `connected(sid) {
        console.log(sid);
        socket.ask(([known, { back }]) => {
          console.log(known, new Uint8Array(back).join());
          socket.emit('turn');
        }, 'ask', Uint8Array.of(1, 2, 3).subarray(1));
      },
      event(name, [bytes], atMs, answer) {
        console.log(name, new Uint8Array(bytes).join(), Math.abs(Date.now() - atMs) < 5000);
        if (answer) answer(bytes);
        else socket.close();
      }`,
    );
    expect(rest).toEqual([`${id} 2,3`, 'question 7 true', 'thanks 7 true']);
  });

  it('comes back when the connection is lost, and stays away when the server disconnects it by name', async () => {
    let times = 0;
    const url = await serve({}, (socket) => {
      times += 1;
      if (times === 1) socket.conn.close();
      else socket.disconnect();
    });
    const printed = await printedBy(url, `disconnected: (reason, again) => console.log(reason, again === undefined)`);
    expect(printed).toEqual(['websocket: close 1005 (no status) false', 'disconnected by the server true']);
  });

  it('says that something answered which is no WebSocket', async () => {
    const url = await serve({ transports: ['polling'] }, () => undefined);
    const printed = await printedBy(url, `disconnected(reason) { console.log(reason); socket.close(); }`);
    expect(printed).toEqual(['websocket: bad handshake']);
  });

  it('says that nobody answered', async () => {
    const url = 'http://127.0.0.1:1';
    const [printed] = await printedBy(url, `disconnected(reason) { console.log(reason); socket.close(); }`);
    expect(printed).toMatch(/connection refused/);
  });
});
