import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';

/** A WebSocket client that enters, and then never reads again. Its connection stays open until it is ended or cut. */
export function startDeafClient(url: string, auth: Record<string, unknown>): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const upgrade = request(`${url}/socket.io/?EIO=4&transport=websocket`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    });
    upgrade.on('error', reject);
    upgrade.on('upgrade', (_response, socket) => {
      socket.on('error', () => undefined);
      socket.write(masked(`40${JSON.stringify(auth)}`));
      socket.on('data', (data: Buffer) => {
        if (!data.includes('"ready"')) return;
        socket.pause();
        resolve(socket);
      });
    });
    upgrade.end();
  });
}

/** A text frame of up to 125 bytes as a client sends it; a mask of zeros changes nothing. */
function masked(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
