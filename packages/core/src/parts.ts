import type { TalkRule } from '@parley/protocol';
import type {
  Administration,
  Conversations,
  Directory,
  Fanout,
  History,
  ImportedIds,
  Links,
  Messages,
  Moderation,
  PresenceBoard,
  Receipts,
  Search,
  TalkHost,
  TypingBoard,
  Unread,
  Uploads,
  Users,
} from './ports/index.ts';

/** `known`: those they share a conversation or link with. `agents`: these, and every agent. */
export type Lookup = 'known' | 'agents' | 'everybody';

/** What the use-cases stand on. Each node puts its own together in its `parts.ts`. */
export type Parts = {
  messages: Messages;
  conversations: Conversations;
  history: History;
  receipts: Receipts;
  unread: Unread;
  search: Search;
  links: Links;
  moderation: Moderation;
  administration: Administration;
  uploads: Uploads;
  users: Users;
  directory: Directory;
  importedIds: ImportedIds;
  presence: PresenceBoard;
  typing: TypingBoard;
  fanout: Fanout;
  /** Who may talk in a space, as its configuration says. */
  talkRuleOf(space: string): TalkRule;
  talkHost: TalkHost;
  /** Whom the users of a space may look up. */
  lookup: (space: string) => Lookup;
  /** Keeps the mark in memory and lets `flushDelivered` have it within a second or two. Never throws. */
  noteDelivered(mark: { space: string; userId: string; no: number; seq: number }): void;
};
