import { users } from './0001-users.ts';
import { epoch } from './0002-epoch.ts';
import { conversations } from './0003-conversations.ts';
import { messages } from './0004-messages.ts';
import { moves } from './0005-moves.ts';
import { append } from './0006-append.ts';
import { changeMessage } from './0007-change-message.ts';
import { membership } from './0008-membership.ts';
import { receipts } from './0009-receipts.ts';
import { links } from './0010-links.ts';
import { search } from './0011-search.ts';
import { moderation } from './0012-moderation.ts';
import { reactions } from './0013-reactions.ts';
import { administration } from './0014-administration.ts';
import { accounts } from './0015-accounts.ts';
import { announcements } from './0016-announcements.ts';
import { support } from './0017-support.ts';
import { versions } from './0018-versions.ts';
import { moving } from './0019-moving.ts';
import { uploads } from './0020-uploads.ts';
import { partitions } from './0021-partitions.ts';
import { retention } from './0022-retention.ts';
import { importedFirst } from './0023-imported-first.ts';
import { onlyLinks } from './0024-only-links.ts';
import { updatedUsers } from './0025-updated-users.ts';
import { searchQuickly } from './0026-search-quickly.ts';
import type { Migration } from './migration.ts';

export type { Migration } from './migration.ts';

/** Every step, in order. A step that was released is never edited: databases have taken it. */
export const migrations: readonly Migration[] = [
  users,
  epoch,
  conversations,
  messages,
  moves,
  append,
  changeMessage,
  membership,
  receipts,
  links,
  search,
  moderation,
  reactions,
  administration,
  accounts,
  announcements,
  support,
  versions,
  moving,
  uploads,
  partitions,
  retention,
  importedFirst,
  onlyLinks,
  updatedUsers,
  searchQuickly,
];
