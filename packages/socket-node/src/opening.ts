import type { SocketFanout } from '@parley/fanout-socketio';
import { inBackground, type Logger } from '@parley/node-kit';
import { type CommandName, parseConversationId } from '@parley/protocol';
import type { Socket } from 'socket.io';

/** Commands by which a client looks at one conversation. */
const looks: readonly CommandName[] = ['conversation.get', 'history.page'];

export type Opening = {
  /** The session began with these conversations; `isAll` when there are no others. */
  began(conversationIds: readonly string[], isAll: boolean): void;
  /** A command was answered: a conversation that is looked at is heard from here on. */
  answered(name: CommandName, input: object): void;
};

/**
 * A session joins the rooms of its most recent conversations only; of the others it hears a hint in its inbox, until it
 * looks at one of them. Whether it may hear that one is asked of the log before it does.
 */
export function createOpening(socket: Socket, fanout: SocketFanout, log: Logger): Opening {
  let known: Set<string> | undefined;
  return {
    began(conversationIds, isAll) {
      known = isAll ? undefined : new Set(conversationIds);
    },
    answered(name, input) {
      if (!known || !looks.includes(name) || !('conversationId' in input)) return;
      const { conversationId } = input;
      if (typeof conversationId !== 'string' || known.has(conversationId)) return;
      known.add(conversationId);
      const no = parseConversationId(conversationId);
      if (no !== undefined) inBackground(log, 'fanout.open', fanout.open(socket, no));
    },
  };
}
