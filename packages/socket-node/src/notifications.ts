import { type Caller, type Parts, refusalOf, run } from '@parley/core';
import type { SocketFanout } from '@parley/fanout-socketio';
import { inBackground, type Logger } from '@parley/node-kit';
import { conversationId, type Payload } from '@parley/protocol';

/** A user hears of a conversation no more often than this. */
const roundMs = 1_000;
/** Conversations that are read at a time, and users' conversations that wait: beyond, the next message notifies. */
const readsMax = 8;
const dueMax = 5_000;

type Notification = Payload<'notification.raised'>;
type Notified = {
  readonly caller: Caller;
  readonly says: Set<(notification: Notification) => void>;
  /** Conversations of which something was heard since the last round. */
  readonly due: Set<number>;
};
type Around = { parts: Parts; fanout: Pick<SocketFanout, 'unlooked'>; log: Logger; everyMs?: number };

/**
 * Tells users of this node what came in conversations at which none of their devices looks. It follows from the frames
 * that arrive anyway: nothing is published for a message, and once a second at most the nodes ask each other who looks, and
 * the log what is unread; so that whatever was read meanwhile, on whichever device, notifies nobody.
 */
export function createNotifications({ parts, fanout, log, everyMs = roundMs }: Around) {
  const users = new Map<string, Notified>();
  let timer: NodeJS.Timeout | undefined;
  let waiting = 0;

  const round = async () => {
    const due = [...users.values()].flatMap((user) => [...user.due].map((no) => ({ user, no })));
    for (const user of users.values()) user.due.clear();
    waiting = 0;
    const unlooked = await fanout.unlooked(due.map(({ user: { caller }, no }) => [caller.space, caller.userId, no]));
    const left = new Set(unlooked.map((look) => look.join('\n')));
    const rest = due.filter(({ user: { caller }, no }) => left.has([caller.space, caller.userId, no].join('\n')));
    const read = async () => {
      for (let next = rest.shift(); next; next = rest.shift()) await notify(next.user, next.no);
    };
    await Promise.all(Array.from({ length: readsMax }, read));
  };
  const notify = async ({ caller, says }: Notified, no: number) => {
    const id = conversationId(no);
    try {
      const { conversation } = await run(parts, caller, 'conversation.get', { conversationId: id });
      const { unread, lastMessage } = conversation;
      // What they wrote last themselves, they know; and the staff write as one.
      const isOwn = lastMessage?.senderId === caller.userId;
      if (unread === 0 || isOwn) return;
      for (const say of says) say({ conversationId: id, unread, ...(lastMessage && { lastMessage }) });
    } catch (error) {
      // A notification is a hint: who is a member no longer gets none, and the store tells of its own troubles.
      log.debug({ err: error, code: refusalOf(error).code }, 'a notification was not made');
    }
  };
  const schedule = () => {
    timer ??= setTimeout(() => {
      const done = round().finally(() => {
        timer = undefined;
        if (waiting > 0) schedule();
      });
      inBackground(log, 'notifications', done);
    }, everyMs).unref();
  };

  return {
    /** One more connection of a user that wants to be notified. */
    begin(caller: Caller, say: (notification: Notification) => void) {
      const key = `${caller.space}\n${caller.userId}`;
      const user = users.get(key) ?? { caller, says: new Set(), due: new Set<number>() };
      users.set(key, user);
      user.says.add(say);
      return {
        /** Something came in this conversation. */
        heard(no: number): void {
          if (user.due.has(no) || waiting >= dueMax) return;
          user.due.add(no);
          waiting += 1;
          schedule();
        },
        end(): void {
          user.says.delete(say);
          if (user.says.size === 0) users.delete(key);
        },
      };
    },
    close: () => clearTimeout(timer),
  };
}

export type Notifications = ReturnType<typeof createNotifications>;
