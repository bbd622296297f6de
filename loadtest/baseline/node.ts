/**
 * One socket node of the usual stack: Socket.IO with its classic Redis adapter, and one prepared INSERT per message
 * through a pool of ten. Written as its makers' guides do, and kept in its favour wherever there was a choice: nobody
 * is authenticated, membership is what the client says, no presence, no metrics, no limits, and the acknowledgement
 * leaves before the broadcast.
 *
 *     PORT=3000 DATABASE_URL=… REDIS_URL=… ADAPTER=classic node node.ts
 *
 * `ADAPTER=sharded` takes the sharded adapter instead, and `none` is Socket.IO alone.
 */
import { createServer } from 'node:http';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Server, type ServerOptions, type Socket } from 'socket.io';

type Chat = { conversationId: string; clientId: string; body: string };
type Acknowledge = (answer: { id: string; createdAt: string } | { error: string }) => void;
type Stored = { id: string; created_at: Date };

const { PORT, DATABASE_URL, REDIS_URL, ADAPTER = 'classic' } = process.env;
if (!PORT || !DATABASE_URL || !REDIS_URL) throw new Error('PORT, DATABASE_URL and REDIS_URL are needed');

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });

// Answers every plain request, so that a load balancer sees that we are here.
const server = createServer((_request, response) => response.end('ok'));
const io = new Server(server, { ...adapterNamed(ADAPTER, REDIS_URL), cors: { origin: '*' } });

io.on('connection', (socket: Socket) => {
  const { userId, conversationIds } = socket.handshake.auth as { userId: string; conversationIds: string[] };
  void socket.join(conversationIds.map(roomOf));
  socket.on('message:send', (chat: Chat, acknowledge: Acknowledge) => void send(userId, chat, acknowledge));
  socket.emit('ready');
});

async function send(senderId: string, { conversationId, clientId, body }: Chat, acknowledge: Acknowledge) {
  try {
    const { id, created_at } = await insert(conversationId, senderId, body);
    const createdAt = created_at.toISOString();
    acknowledge({ id, createdAt });
    io.to(roomOf(conversationId)).emit('message:new', { id, conversationId, clientId, senderId, createdAt, body });
  } catch (error) {
    acknowledge({ error: error instanceof Error ? error.message : 'failed' });
  }
}

async function insert(conversationId: string, senderId: string, body: string): Promise<Stored> {
  const { rows } = await pool.query<Stored>({
    name: 'insert-message',
    text: 'insert into messages (conversation_id, sender_id, body) values ($1, $2, $3) returning id, created_at',
    values: [conversationId, senderId, body],
  });
  const [stored] = rows;
  if (!stored) throw new Error('nothing was stored');
  return stored;
}

function adapterNamed(name: string, redisUrl: string): Pick<ServerOptions, 'adapter'> | undefined {
  if (name === 'none') return undefined;
  const publisher = new Redis(redisUrl);
  const create = name === 'sharded' ? createShardedAdapter : createAdapter;
  return { adapter: create(publisher, publisher.duplicate()) };
}

// The prefix keeps a conversation's name from being mistaken for a socket's id.
function roomOf(conversationId: string): string {
  return `conversation:${conversationId}`;
}

server.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
