import type { Static } from 'typebox';
import { administrationCommands } from './administration.ts';
import { conversationCommands } from './conversations.ts';
import { hostCommands } from './host.ts';
import { linkCommands } from './links.ts';
import { liveCommands } from './live.ts';
import { messageCommands } from './messages.ts';
import { pageCommands } from './pages.ts';
import { presenceCommands } from './presence.ts';
import { reactionCommands } from './reactions.ts';
import { receiptCommands } from './receipts.ts';
import { repairCommands } from './repair.ts';
import { reportCommands } from './reports.ts';
import { searchCommands } from './search.ts';
import { staffCommands } from './staff.ts';
import { unreadCommands } from './unread.ts';
import { userCommands } from './users.ts';

export * from './accounts.ts';
export { type FileRoute, fileRoutes } from './files.ts';
export { accessWords, type Command } from './command.ts';
export { SyncAnswer } from './repair.ts';

/** Every command of the native contract, by its name on the wire. */
export const commands = {
  ...messageCommands,
  ...reactionCommands,
  ...conversationCommands,
  ...repairCommands,
  ...pageCommands,
  ...unreadCommands,
  ...searchCommands,
  ...receiptCommands,
  ...staffCommands,
  ...liveCommands,
  ...presenceCommands,
  ...userCommands,
  ...hostCommands,
  ...linkCommands,
  ...administrationCommands,
  ...reportCommands,
} as const;

export type Commands = typeof commands;
export type CommandName = keyof Commands;
export type Input<N extends CommandName> = Static<Commands[N]['input']>;
export type Output<N extends CommandName> = Static<Commands[N]['output']>;
export const commandNames = Object.keys(commands) as CommandName[];
