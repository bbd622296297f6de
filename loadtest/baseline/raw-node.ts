/**
 * One socket node as a hand would write it for nothing but speed: raw `ws`, one INSERT for all that arrived meanwhile, one
 * PUBLISH of ready frames per conversation and batch, one write per socket and turn of the event loop. It speaks as much
 * of Socket.IO as the generator needs, so that both sides move the same bytes, and promises nothing: no numbers, no
 * idempotency, no membership, no long-polling, no limits, no heartbeat, nobody who is slow.
 *
 *     PORT=3000 DATABASE_URL=… REDIS_URL=… node raw-node.ts
 *
 * Without both URLs it stores nothing and knows no other node: what is left is the ceiling of the generator.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { Redis } from 'ioredis';
import pg from 'pg';
import { WebSocketServer } from 'ws';

type Peer = { socket: Duplex; out: Buffer[] };
type Chat = { conversationId: string; clientId: string; body: string };
type Send = Chat & { peer: Peer; ackId: string; senderId: string };
type Stored = { id: string; created_at: Date };

const rowsPerBatchMax = 200;
const idBytes = 8;
const { PORT, DATABASE_URL, REDIS_URL } = process.env;
const ownId = randomBytes(idBytes);
const pool = DATABASE_URL ? new pg.Pool({ connectionString: DATABASE_URL, max: 1 }) : undefined;
const publisher = REDIS_URL ? new Redis(REDIS_URL) : undefined;
const subscriber = publisher?.duplicate();

const members = new Map<string, Peer[]>();
const waiting: Send[] = [];
const dirty: Peer[] = [];
let isStoring = false;
let unstoredId = 0;

subscriber?.on('messageBuffer', (channel: Buffer, payload: Buffer) => {
  if (payload.compare(ownId, 0, idBytes, 0, idBytes) === 0) return;
  tell(channel.toString('latin1'), payload.subarray(idBytes));
});

const webSockets = new WebSocketServer({ noServer: true });
const server = createServer((_request, response) => response.end('ok'));
server.on('upgrade', (request, socket, head) => {
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    const peer: Peer = { socket, out: [] };
    let userId = '';
    webSocket.on('message', (data: Buffer) => {
      const packet = data.toString();
      if (packet.startsWith('42')) receive(peer, userId, packet);
      else if (packet.startsWith('40')) userId = enter(peer, packet);
    });
    push(peer, frameOf('0{"sid":"raw","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'));
  });
});
server.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));

function enter(peer: Peer, packet: string): string {
  const { userId, conversationIds } = JSON.parse(packet.slice(2)) as { userId: string; conversationIds: string[] };
  const strange = conversationIds.filter((id) => !members.has(id));
  for (const id of conversationIds) {
    const peers = members.get(id);
    if (peers) peers.push(peer);
    else members.set(id, [peer]);
  }
  const ready = () => push(peer, frameOf('42["ready"]'));
  push(peer, frameOf('40{"sid":"raw"}'));
  if (subscriber && strange.length > 0) void subscriber.subscribe(...strange).then(ready);
  else ready();
  return userId;
}

function receive(peer: Peer, senderId: string, packet: string): void {
  const at = packet.indexOf('[');
  const [, chat] = JSON.parse(packet.slice(at)) as [string, Chat];
  waiting.push({ ...chat, peer, ackId: packet.slice(2, at), senderId });
  if (!isStoring) void storeAll();
}

/** What arrives while a batch is in flight makes the next one. */
async function storeAll(): Promise<void> {
  isStoring = true;
  while (waiting.length > 0) {
    const batch = waiting.splice(0, rowsPerBatchMax);
    publish(batch, await insert(batch));
  }
  isStoring = false;
}

async function insert(batch: readonly Send[]): Promise<Stored[]> {
  if (!pool) return batch.map(() => ({ id: String(++unstoredId), created_at: new Date() }));
  // Rows come back in the order in which they went in: PostgreSQL does so without promising it.
  const { rows } = await pool.query<Stored>({
    name: 'insert-messages',
    text: `insert into messages (conversation_id, sender_id, body)
           select * from unnest($1::text[], $2::text[], $3::text[]) returning id, created_at`,
    values: [
      batch.map(({ conversationId }) => conversationId),
      batch.map(({ senderId }) => senderId),
      batch.map(({ body }) => body),
    ],
  });
  return rows;
}

function publish(batch: readonly Send[], stored: readonly Stored[]): void {
  const frames = new Map<string, Buffer[]>();
  for (const [index, { peer, ackId, senderId, conversationId, clientId, body }] of batch.entries()) {
    const { id, created_at } = stored[index]!;
    const createdAt = created_at.toISOString();
    push(peer, frameOf(`43${ackId}[${JSON.stringify({ id, createdAt })}]`));
    const event = { id, conversationId, clientId, senderId, createdAt, body };
    const frame = frameOf(`42["message:new",${JSON.stringify(event)}]`);
    const others = frames.get(conversationId);
    if (others) others.push(frame);
    else frames.set(conversationId, [frame]);
  }
  const pipeline = publisher?.pipeline();
  for (const [conversationId, list] of frames) {
    const joined = list.length === 1 ? list[0]! : Buffer.concat(list);
    tell(conversationId, joined);
    pipeline?.publish(conversationId, Buffer.concat([ownId, joined]));
  }
  void pipeline?.exec();
}

function tell(conversationId: string, frames: Buffer): void {
  for (const peer of members.get(conversationId) ?? []) push(peer, frames);
}

function push(peer: Peer, frame: Buffer): void {
  if (peer.out.push(frame) > 1) return;
  if (dirty.push(peer) === 1) setImmediate(flush);
}

function flush(): void {
  for (const { socket, out } of dirty.splice(0)) {
    socket.write(out.length === 1 ? out[0]! : Buffer.concat(out));
    out.length = 0;
  }
}

/** A text frame of a server: unmasked, and shorter than 64 KiB. */
function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headerBytes = length < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame[0] = 0x81;
  frame[1] = length < 126 ? length : 126;
  if (headerBytes === 4) frame.writeUInt16BE(length, 2);
  frame.write(text, headerBytes);
  return frame;
}
