import type { CommandName, Input, Output } from '../commands/index.ts';
import type { Conversation } from '../conversation.ts';
import type { EventName, Payload } from '../events.ts';
import { conversationId, messageId } from '../ids.ts';
import { limits } from '../limits.ts';
import type { Message } from '../message.ts';

/** What passes between a client and a server, step by step. `limits` is too long to be shown again. */
export type Step =
  | { note: string }
  | { raw: string }
  | { command: CommandName; input: object; output: object }
  | { event: EventName; payload: object };

const asked = <N extends CommandName>(command: N, input: Input<N>, output: Output<N>): Step => ({
  command,
  input,
  output,
});
const told = <N extends EventName>(event: N, payload: Payload<N>): Step => ({ event, payload });

const epoch = '3f2c9a51e0b74d68.7561946823001';
const clientId = '0d9f7a52-6c1e-4b7f-9a3e-5d2f8c1b7a60';
const at = (second: number) => `2026-11-21T03:10:${String(second).padStart(2, '0')}.120Z`;
const id = conversationId(42);

const hello: Message = {
  id: messageId(42, 1),
  conversationId: id,
  seq: 1,
  rev: 0,
  senderId: 'ada',
  clientId,
  kind: 'text',
  body: 'Hello, Bob',
  createdAt: at(2),
};
const answer: Message = {
  id: messageId(42, 2),
  conversationId: id,
  seq: 2,
  rev: 0,
  senderId: 'bob',
  kind: 'text',
  body: 'Hello, Ada',
  createdAt: at(30),
};
const atFirst: Conversation = {
  id,
  kind: 'direct',
  status: 'active',
  peerId: 'bob',
  memberCount: 2,
  membershipVersion: 1,
  firstSeq: 1,
  lastSeq: 0,
  rev: 1,
  fromSeq: 0,
  readSeq: 0,
  deliveredSeq: 0,
  unread: 0,
  createdAt: at(1),
  lastAt: at(1),
};
const later: Conversation = { ...atFirst, lastSeq: 2, unread: 1, lastMessage: answer, lastAt: at(30) };
const session = {
  userId: 'ada',
  role: 'user',
  space: 'main',
  nodeId: 's1-9f3a01c7',
  epoch,
  limits,
} as const;

/** A first connection, a send, an absence and what mends it. */
export const transcript: readonly Step[] = [
  { note: "Ada's client connects by WebSocket: GET /socket.io/?EIO=4&transport=websocket" },
  { raw: '← 0{"sid":"s1Xb8…","upgrades":[],"pingInterval":20000,"pingTimeout":15000,"maxPayload":65536}' },
  { raw: '→ 40{"token":"eyJhbGciOiJIUzI1NiIs…"}' },
  { raw: '← 40{"sid":"Kf0mJ…"}' },
  told('session.ready', { ...session, conversations: [], unreadTotal: 0 }),
  {
    note: 'She opens the conversation with Bob, and keeps the epoch and a cursor for it: seq 0, rev 1 (how it began).',
  },
  asked('conversation.open', { peerId: 'bob' }, { conversation: atFirst, epoch }),
  { note: 'Her first message: the clientId is on her disk before the frame leaves.' },
  asked(
    'message.send',
    { conversationId: id, clientId, body: hello.body },
    { id: hello.id, conversationId: id, seq: 1, createdAt: hello.createdAt, epoch, duplicate: false },
  ),
  told('message.created', hello),
  { note: 'seq = 1 = c + 1: applied, and the cursor is seq 1, rev 1. A ping of the transport, every 20 s:' },
  { raw: '← 2' },
  { raw: '→ 3' },
  { note: 'The train enters a tunnel. Bob answers. Ada connects again, to another node, and hears of the new head.' },
  told('session.ready', { ...session, nodeId: 's3-51b2e8d0', conversations: [later], unreadTotal: 1 }),
  { note: 'Same epoch, lastSeq 2 > c = 1: she syncs from her cursor.' },
  asked(
    'sync',
    { epoch, conversations: [{ id, seq: 1, rev: 1 }] },
    {
      epoch,
      reset: false,
      conversations: [
        {
          id,
          status: 'ok',
          messages: [answer],
          changed: [],
          members: [],
          receipts: [],
          seq: 2,
          rev: 1,
          more: false,
        },
      ],
    },
  ),
  { note: 'She had no answer to her send? The same frame again is answered with the numbers of the first time.' },
  asked(
    'message.send',
    { conversationId: id, clientId, body: hello.body },
    { id: hello.id, conversationId: id, seq: 1, createdAt: hello.createdAt, epoch, duplicate: true },
  ),
  asked('receipt.read', { conversationId: id, seq: 2 }, { readSeq: 2, unread: 0 }),
];

/** The same as frames of Engine.IO and Socket.IO, as they are on the wire of a WebSocket. */
export function framesOf(steps: readonly Step[]): string {
  let number = 0;
  const lines = steps.flatMap((step) => {
    if ('note' in step) return ['', `# ${step.note}`];
    if ('raw' in step) return [step.raw];
    if ('event' in step) return [`← 42${json([step.event, step.payload])}`];
    number += 1;
    return [`→ 42${number}${json([step.command, step.input])}`, `← 43${number}${json([{ ok: true, ...step.output }])}`];
  });
  return lines.join('\n').trim();
}

function json(value: unknown): string {
  return JSON.stringify(value).replace(JSON.stringify(limits), '{…}');
}
