import { type Client, type ClientEvents, type ClientOptions, createClient } from '@parley/client';
import { seenOf, type Recorder } from './recorder.ts';

type Options = Omit<ClientOptions, 'url' | 'token'> & { url: string; token: string; userId: string; name: string };
type Note = ReturnType<Recorder['applied']>;
type Ended = ReturnType<Recorder['send']>;

/** Comes back quickly: a test waits for it. */
const impatient = {
  reconnect: { baseMs: 200, maxMs: 1_000 },
  resend: { baseMs: 50, maxMs: 500 },
  commandTimeoutMs: 5_000,
};

/** An SDK client whose every try, acknowledgement and applied message is recorded. */
export function recordedSdk(recorder: Recorder, { userId, name, ...options }: Options): Client {
  const client = createClient({ ...impatient, ...options });
  const notes = new Map<string, Note>();
  const tries = new Map<string, Ended>();
  let session = 0;
  let ended = () => {};

  const begin = (conversationId: string, fromSeq: number): Note => {
    const note = recorder.applied({ client: name, userId, conversationId, fromSeq });
    notes.set(conversationId, note);
    return note;
  };
  const outbox = (event: ClientEvents['outbox']) => {
    const { clientId, command } = event.entry;
    const conversationId = command.conversationId ?? '';
    if (event.status === 'sending') {
      tries.set(
        clientId,
        recorder.send({ client: name, userId, session, conversationId, clientId, body: command.body }),
      );
    } else if (event.status === 'sent') {
      const { id, seq, duplicate } = event.ack;
      tries.get(clientId)?.({ type: 'ok', id, seq, duplicate });
    } else if (event.status === 'refused') {
      const { code } = event.error;
      tries.get(clientId)?.({ type: 'fail', code });
    }
  };

  client.on('state', (state) => {
    if (state.name === 'stopped' || state.name === 'closed') ended();
    if (state.name !== 'online') return;
    session += 1;
    if (session === 1) ended = recorder.repairing({ client: name, userId });
  });
  client.on('outbox', outbox);
  // A conversation is told of before its first message. What it holds then is where its interval begins: all of it, or
  // what comes after the head of that time.
  client.on('conversation', ({ id, messages, hasOlder, lastSeq }) => {
    if (notes.has(id)) return;
    const [first] = messages;
    begin(id, first ? first.seq - 1 : hasOlder ? lastSeq : 0);
  });
  client.on('message', ({ conversationId, message }) => {
    (notes.get(conversationId) ?? begin(conversationId, message.seq - 1)).note(seenOf(message));
  });
  client.on('reset', ({ conversationId, afterSeq, nextSeq }) => {
    notes.get(conversationId)?.end(afterSeq);
    begin(conversationId, nextSeq - 1);
  });
  return client;
}
