import type {
  CommandName,
  Commands,
  Conversation,
  Input,
  Message,
  Output,
  Presence,
  UploadedFile,
} from '@parley/protocol';
import { limits } from '@parley/protocol/limits';
import type { ConnectionState } from './connection.ts';
import { ParleyError } from './error.ts';
import type { ClientEvents } from './events.ts';
import type { ClientOptions } from './options.ts';
import type { Ack, Draft, Entry } from './outbox.ts';
import { createParts, type Parts } from './parts.ts';
import { type ConversationView, viewOf } from './view.ts';
import { onWake } from './wake.ts';

/** Commands of a live session; those of the host application go over HTTP. */
export type SessionCommandName = {
  [N in CommandName]: Commands[N] extends { over: 'http' } ? never : N;
}[CommandName];

export type Client = {
  /** @returns how to stop listening */
  on<K extends keyof ClientEvents>(name: K, listener: (event: ClientEvents[K]) => void): () => void;
  readonly state: ConnectionState;
  /** Who we are, once a session said so. */
  readonly userId: string | undefined;
  /** Resolves when a session is there and everything that happened while away was told. @throws when stopped or closed */
  caughtUp(): Promise<void>;

  /**
   * Sends a message: kept in the storage before the first try, and tried through reconnects and restarts, with one
   * `clientId`, until it is stored once or refused. In order per conversation.
   * @returns the acknowledgement of the committed message
   * @throws ParleyError with the code of the refusal, `storage_failed` (nothing was sent) or `closed` (still kept)
   */
  send(draft: Draft): Promise<Ack>;
  /**
   * Uploads a file, whole or not at all; `send` names it by its `id` in `attachmentIds`. It is not kept through restarts.
   * @param name what people call it; that of a `File` when absent
   * @throws ParleyError `too_large`, `unsupported_type`, `quota_exceeded`, `outcome_unknown` (upload it again) …
   */
  upload(file: Blob, name?: string): Promise<UploadedFile>;
  /** What was asked for and is not acknowledged yet, in order. */
  readonly outbox: readonly Entry[];

  /** Most recent first. */
  readonly conversations: readonly ConversationView[];
  conversation(conversationId: string): ConversationView | undefined;
  /** Unread messages of all conversations, at most `unreadMax`. */
  readonly unread: number;
  /** Finds or makes the direct conversation with a user. @throws ParleyError */
  open(peerId: string): Promise<ConversationView>;
  /** Makes a group. @throws ParleyError */
  createGroup(title: string, memberIds: readonly string[]): Promise<ConversationView>;
  /** Puts older messages before those that are held. @returns whether there are older ones still. @throws ParleyError */
  loadOlder(conversationId: string, limit?: number): Promise<boolean>;
  /** Reads up to `seq`, or all. Counted at once; resolves when the server has it. @throws ParleyError */
  markRead(conversationId: string, seq?: number): Promise<void>;
  /** @throws ParleyError */
  edit(messageId: string, body: string): Promise<Message>;
  /** Leaves a tombstone. @throws ParleyError */
  remove(messageId: string): Promise<Message>;
  /** One reaction for each emoji. @throws ParleyError */
  react(messageId: string, emoji: string): Promise<Message>;
  /** @throws ParleyError */
  takeBack(messageId: string, emoji: string): Promise<Message>;

  /** We type: call it with every key. */
  startTyping(conversationId: string): void;
  stopTyping(conversationId: string): void;
  /** Who else is typing there. */
  typing(conversationId: string): readonly string[];

  /** We look at this conversation, in this and every session to come, until we stop. */
  startViewing(conversationId: string): void;
  stopViewing(conversationId: string): void;

  /** Presence of these users from now on, in every session to come. @throws ParleyError */
  watch(userIds: readonly string[]): Promise<Presence[]>;
  unwatch(userIds: readonly string[]): Promise<void>;
  /** The last that was heard of a watched user. */
  presence(userId: string): Presence | undefined;

  /**
   * Any command of the native contract, once: waits for a session for at most `commandTimeoutMs`.
   * @throws ParleyError; `kind: 'unknown'` when it may have been done
   */
  call<N extends SessionCommandName>(name: N, input: Input<N>): Promise<Output<N>>;
  /** Connects at once instead of waiting for the next try. */
  retry(): void;
  /** Ends the session after the outbox went out, within `closeTimeoutMs`. What did not go stays in the storage. */
  close(): Promise<void>;
};

/** A client of one user in one space. It connects by itself, and comes back by itself. */
export function createClient(options: ClientOptions): Client {
  const parts = createParts(options);
  const { events, inbox, outbox, connection } = parts;
  const loaded = load(parts);
  // Whoever needs it awaits it; the state tells everybody else.
  loaded.catch(() => {});

  async function call<N extends CommandName>(name: N, input: Input<N>): Promise<Output<N>> {
    await loaded;
    await online(parts);
    const output = await parts.call(name, input);
    learn(parts, output);
    return output;
  }

  function view(conversation: Conversation): ConversationView {
    const ledger = inbox.get(conversation.id);
    if (!ledger) throw new ParleyError('closed', 'This client is closed.');
    return viewOf(ledger);
  }

  const stopListening = onWake(() => connection.retry());
  let closing: Promise<void> | undefined;

  return {
    on: (name, listener) => events.on(name, listener),
    get state() {
      return connection.state;
    },
    get userId() {
      return inbox.me;
    },
    caughtUp: () => caughtUp(parts),
    async send(draft) {
      await loaded;
      return outbox.send(draft);
    },
    upload: parts.upload,
    get outbox() {
      return outbox.all();
    },
    get conversations() {
      const views = inbox.all().map(viewOf);
      return views.sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1));
    },
    conversation(conversationId) {
      const ledger = inbox.get(conversationId);
      return ledger && viewOf(ledger);
    },
    get unread() {
      return Math.min(
        limits.unreadMax,
        inbox.all().reduce((sum, ledger) => sum + viewOf(ledger).unread, 0),
      );
    },
    open: async (peerId) => view((await call('conversation.open', { peerId })).conversation),
    createGroup: async (title, memberIds) =>
      view((await call('conversation.create', { title, memberIds: [...memberIds] })).conversation),
    async loadOlder(conversationId, limit) {
      await online(parts);
      return parts.history.loadOlder(conversationId, limit);
    },
    async markRead(conversationId, seq) {
      const ledger = inbox.get(conversationId);
      if (!ledger) throw new ParleyError('not_found', 'No such conversation is known here.');
      await parts.receipts.read(conversationId, Math.min(seq ?? ledger.seq, ledger.seq));
    },
    edit: async (messageId, body) => (await call('message.edit', { messageId, body })).message,
    remove: async (messageId) => (await call('message.delete', { messageId })).message,
    react: async (messageId, emoji) => (await call('reaction.add', { messageId, emoji })).message,
    takeBack: async (messageId, emoji) => (await call('reaction.remove', { messageId, emoji })).message,
    startTyping: (conversationId) => parts.typing.begin(conversationId),
    stopTyping: (conversationId) => parts.typing.end(conversationId),
    typing: (conversationId) => parts.typing.in(conversationId),
    startViewing: (conversationId) => parts.viewing.begin(conversationId),
    stopViewing: (conversationId) => parts.viewing.end(conversationId),
    watch: async (userIds) => {
      await online(parts);
      return parts.watching.watch(userIds);
    },
    unwatch: (userIds) => parts.watching.unwatch(userIds),
    presence: (userId) => parts.watching.get(userId),
    call,
    retry: () => connection.retry(),
    close() {
      stopListening();
      return (closing ??= close(parts, loaded));
    },
  };
}

async function load({ storage, outbox, cursors, connection, events }: Parts): Promise<void> {
  try {
    const entries = await storage.load();
    cursors.load(entries);
    outbox.load(entries);
    connection.open();
  } catch (cause) {
    const error = new ParleyError('storage_failed', 'The storage could not be read.', { cause });
    connection.close();
    events.emit('problem', { what: 'storage', error });
    throw error;
  }
}

/** What a command answered, the ledgers know at once: the pushes of it may come later, or never. */
function learn({ inbox }: Parts, output: object): void {
  const { conversation, message, rev }: { conversation?: Conversation; message?: Message; rev?: number } = output;
  if (conversation) inbox.meet(conversation);
  if (message && rev !== undefined) {
    inbox.apply(message.conversationId, { kind: 'change', change: { kind: 'message', rev, message } });
  }
}

async function online({ connection, events, timers, settings }: Parts): Promise<void> {
  if (connection.link) return;
  await new Promise<void>((resolve, reject) => {
    const off = events.on('state', (state) => {
      if (state.name === 'online') settle();
      else if (state.name === 'stopped') settle(state.error);
      else if (state.name === 'closed') settle(new ParleyError('closed', 'This client is closed.'));
    });
    const cancel = timers.after(settings.commandTimeoutMs, () =>
      settle(new ParleyError('offline', 'There is no connection; nothing was sent.')),
    );
    function settle(error?: ParleyError): void {
      off();
      cancel();
      if (error) reject(error);
      else resolve();
    }
    if (connection.state.name === 'stopped') settle(connection.state.error);
    if (connection.state.name === 'closed') settle(new ParleyError('closed', 'This client is closed.'));
  });
}

async function caughtUp(parts: Parts): Promise<void> {
  const { connection, events } = parts;
  if (parts.caughtUp) return;
  await new Promise<void>((resolve, reject) => {
    const offs = [
      events.on('caughtUp', () => settle()),
      events.on('state', (state) => {
        if (state.name === 'stopped') settle(state.error);
        if (state.name === 'closed') settle(new ParleyError('closed', 'This client is closed.'));
      }),
    ];
    function settle(error?: ParleyError): void {
      for (const off of offs) off();
      if (error) reject(error);
      else resolve();
    }
    if (connection.state.name === 'stopped') settle(connection.state.error);
    if (connection.state.name === 'closed') settle(new ParleyError('closed', 'This client is closed.'));
  });
}

async function close(parts: Parts, loaded: Promise<void>): Promise<void> {
  const { outbox, receipts, cursors, connection, timers, storage, settings } = parts;
  const isLoaded = await loaded.then(
    () => true,
    () => false,
  );
  if (isLoaded && connection.state.name !== 'stopped') {
    await within(parts, settings.closeTimeoutMs, outbox.drained());
    if (connection.link) await within(parts, 1_000, receipts.flush());
  }
  outbox.stop(new ParleyError('closed', 'Closed before the answer came; the next client on this storage asks again.'));
  receipts.close();
  connection.close();
  await cursors.flush();
  timers.clear();
  await storage.close();
}

function within({ timers }: Parts, ms: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = timers.after(ms, resolve);
    void work.finally(() => {
      cancel();
      resolve();
    });
  });
}
