import { createArrival } from './arrival.ts';
import { createConnection } from './connection.ts';
import { createCursors } from './cursors.ts';
import { createEmitter } from './emitter.ts';
import { ParleyError, toParleyError } from './error.ts';
import type { ClientEvents } from './events.ts';
import { createHistory } from './history.ts';
import { createInbox } from './inbox.ts';
import { isBehind, type Ledger } from './ledger/ledger.ts';
import { needsCount } from './ledger/unread.ts';
import type { PushTable, Ready } from './link.ts';
import { type ClientOptions, settingsOf } from './options.ts';
import { createOutbox, type Entry } from './outbox.ts';
import { createWatching } from './presence.ts';
import { createReceipts } from './receipts.ts';
import { createRefresh } from './refresh.ts';
import { createRouter } from './router.ts';
import { memoryStorage } from './storage/memory.ts';
import { type Call, createSync } from './sync.ts';
import { createTimers } from './timers.ts';
import { createTokens } from './tokens.ts';
import { createTyping } from './typing.ts';
import { createUpload } from './upload.ts';
import { createViewing } from './viewing.ts';

export type Parts = ReturnType<typeof createParts>;

/** The parts of a client, and who tells whom. What a part does is in its own file. */
export function createParts(options: ClientOptions) {
  const settings = settingsOf(options);
  const storage = options.storage ?? memoryStorage();
  const timers = createTimers();
  const events = createEmitter<ClientEvents>();
  const tokens = createTokens(options.token);
  const problem = (what: string, error: unknown) => events.emit('problem', { what, error: toParleyError(error) });

  const call: Call = async (name, input) => {
    const { link } = connection;
    if (!link) throw new ParleyError('offline', 'There is no connection; nothing was sent.');
    return link.call(name, input);
  };

  const cursors = createCursors(storage, timers, (error) => problem('cursors', toParleyError(error, 'storage_failed')));
  const inbox = createInbox(settings, cursors, events, stepped);
  const sync = createSync(inbox, call, settings, timers, {
    onReset: () => arrival.startOver(),
    onIdle: rest,
    onProblem: (error) => problem('sync', error),
  });
  const router = createRouter(inbox, call, { onEpoch: () => arrival.startOver(), onIdle: rest, onProblem: problem });
  const arrival = createArrival(inbox, cursors, router, sync, call, timers, (error) => problem('inbox', error));
  const outbox = createOutbox(storage, call, laneOf, settings, timers, events);
  const receipts = createReceipts(inbox, call, timers, settings.deliveredReceipts);
  const watching = createWatching(call, events);
  const typing = createTyping(call, timers, events);
  const viewing = createViewing(call);
  const history = createHistory(inbox, call, () => arrival.startOver());
  const refresh = createRefresh(tokens, call, timers, (error) => problem('auth.refresh', error));
  const connection = createConnection(settings, tokens, timers, {
    onReady: began,
    onPush: (name, payload) => pushes[name](payload),
    onState(state) {
      if (state.name !== 'online') {
        outbox.pause();
        refresh.stop();
      }
      if (state.name === 'stopped') outbox.stop(state.error);
      events.emit('state', state);
    },
  });

  /** A session began: whatever the last one was told is told to this one too. */
  function began(ready: Ready): void {
    if (cursors.account && cursors.account.userId !== ready.userId) outbox.discard();
    quiet = false;
    arrival.arrive(ready);
    refresh.until(ready.expiresAt);
    outbox.resume();
    receipts.resume();
    watching.resume();
    viewing.resume();
  }

  const pushes: PushTable = {
    ...router.pushes,
    'typing.changed': ({ conversationId, userId, typing: isTyping }) => typing.push(conversationId, userId, isTyping),
    'viewing.changed': (viewing) => events.emit('viewing', viewing),
    'notification.raised': (notification) => events.emit('notification', notification),
    'presence.changed': ({ presences }) => watching.push(presences),
  };

  /** A ledger moved. */
  function stepped(ledger: Ledger): void {
    if (isBehind(ledger)) sync.want(ledger.id);
    else if (needsCount(ledger)) router.lookUp(ledger.id);
    receipts.reached(ledger);
  }

  /** Messages to a peer go where those to the conversation with that peer go, or their order would be lost. */
  function laneOf({ conversationId, peerId }: Entry['command']): string {
    if (conversationId !== undefined) return conversationId;
    return (peerId !== undefined && inbox.withPeer(peerId)) || `peer/${peerId}`;
  }

  // Told everything since the last session began.
  let quiet = false;
  function rest(): void {
    if (quiet || connection.state.name !== 'online' || arrival.busy || sync.busy || router.busy) return;
    quiet = true;
    events.emit('caughtUp', undefined);
  }

  events.on('message', ({ conversationId, message }) => {
    if (message.senderId !== inbox.me) typing.push(conversationId, message.senderId, false);
  });
  events.on('outbox', (event) => {
    if (event.status !== 'sent') return;
    const { conversationId: id, seq: lastSeq, epoch } = event.ack;
    router.head(epoch, [{ id, lastSeq, rev: 0 }]);
  });

  return {
    settings,
    storage,
    timers,
    events,
    call,
    cursors,
    inbox,
    connection,
    outbox,
    receipts,
    watching,
    typing,
    viewing,
    history,
    upload: createUpload(settings.url, tokens),
    get caughtUp() {
      return quiet && connection.state.name === 'online';
    },
  };
}
