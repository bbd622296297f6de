import type {
  Administration,
  Accounts,
  Conversations,
  Directory,
  History,
  ImportedIds,
  LinkOf,
  Links,
  Log,
  Messages,
  Moderation,
  Receipts,
  Unread,
  Uploads,
  Users,
} from '@parley/core';
import type { Logger, Registry } from '@parley/node-kit';
import { sql } from 'kysely';
import { createAdministration } from './administration.ts';
import { createAccounts } from './accounts.ts';
import { createConversations } from './conversations.ts';
import { openDatabase } from './database.ts';
import { createDirectory } from './directory.ts';
import { createEpoch } from './epoch.ts';
import { createHistory } from './history.ts';
import { createImportedIds } from './imported-ids.ts';
import { createLinks } from './links.ts';
import { createLog } from './log.ts';
import { createMessages } from './messages.ts';
import { storeMetrics } from './metrics.ts';
import { createModeration } from './moderation.ts';
import { migrate } from './migrate.ts';
import { exportLines } from './moving/export-lines.ts';
import { type Numbered, type RefusedLine, storeLines } from './moving/import-lines.ts';
import { createProfiles } from './profiles.ts';
import { openReplica } from './replica.ts';
import { createReceipts } from './receipts.ts';
import { createRetention } from './retention.ts';
import { query, statement } from './statement.ts';
import { createSearch } from './search.ts';
import { createUnread } from './unread.ts';
import { createUploads } from './uploads.ts';
import { createUsers } from './users.ts';

export type Store = {
  messages: Messages;
  conversations: Conversations;
  history: History;
  receipts: Receipts;
  unread: Unread;
  search: ReturnType<typeof createSearch>;
  retention: ReturnType<typeof createRetention>;
  links: Links;
  moderation: Moderation;
  administration: Administration;
  uploads: Uploads;
  users: Users;
  accounts: Accounts;
  directory: Directory;
  importedIds: ImportedIds;
  log: Log;
  /** Moving in: `infra/moving.md`. */
  importLines(space: string, batch: readonly Numbered[], options: { keep: boolean }): Promise<RefusedLine[]>;
  /** Moving out: everything of a space as the lines of a file, in one snapshot. */
  exportLines(space: string): AsyncIterable<string>;
  /** Takes the schema's open steps, once, however many nodes start together. @returns their names */
  migrate(): Promise<string[]>;
  /** Asks the database for a sign of life. @throws Failure `unavailable` */
  ping(): Promise<void>;
  /** Stores what was accepted, then ends every connection. Asked again, it waits for the same end. */
  close(): Promise<void>;
};

export type StoreOptions = {
  databaseUrl: string;
  /** Past a pooler by transaction, for what holds a session: steps of the schema, and moving out. Absent: `databaseUrl`. */
  directUrl?: string | undefined;
  /** A server that replays what the primary writes: it serves pages and searches whenever it has come as far as was told. */
  replicaUrl?: string | undefined;
  /** Whose connections these are: `pg_stat_activity` shows it. */
  nodeId?: string | undefined;
  /** Makes the links of the files that messages carry; for those who show no message they are names only. */
  linkOf?: LinkOf;
  /** Holds the numbers of one store. */
  registry: Registry;
  log: Logger;
  /** Connections that store messages; one more waits for held conversations, and opens when there is one. */
  lanes?: number;
  /** Connections for everything else. They open when they are needed. */
  poolMax?: number;
};

/** One makes the largest batches: infra/decisions/one-lane.md has the numbers. */
const lanesDefault = 1;
const poolMaxDefault = 6;
const urnOf: LinkOf = ({ id }) => `urn:uuid:${id}`;

/** What one node opens at most: its lanes, the one for held conversations, and the pool. */
export const connectionsMax = lanesDefault + 1 + poolMaxDefault;

const signOfLife = statement('sign-of-life', () => query.selectNoFrom(sql<number>`1`.as('alive')));

/** What remembers. It connects when it is first used, survives the loss of every connection, and comes back by itself. */
export function createStore({
  databaseUrl,
  directUrl = databaseUrl,
  replicaUrl,
  nodeId,
  linkOf = urnOf,
  registry,
  log,
  lanes = lanesDefault,
  poolMax = poolMaxDefault,
}: StoreOptions) {
  const metrics = storeMetrics(registry);
  const db = openDatabase({ databaseUrl, nodeId, poolMax, linkOf, metrics, log });
  const profiles = createProfiles();
  const messages = createMessages(db, { databaseUrl, nodeId, lanes, linkOf, profiles, metrics, log });
  const replica =
    replicaUrl === undefined ? undefined : openReplica(replicaUrl, { nodeId, poolMax, linkOf, metrics, log });
  const search = createSearch(db, replica, log);
  const retention = createRetention({ db, metrics, log });
  let closing: Promise<void> | undefined;

  async function end(): Promise<void> {
    search.stopIndexing();
    retention.stop();
    await messages.close();
    await replica?.close();
    await db.close();
  }

  return {
    messages,
    conversations: createConversations(db),
    history: createHistory(db, replica, createEpoch(db)),
    receipts: createReceipts(db),
    unread: createUnread(db),
    search,
    retention,
    links: createLinks(db),
    moderation: createModeration(db),
    administration: createAdministration(db),
    uploads: createUploads(db),
    users: createUsers(db),
    accounts: createAccounts(db),
    directory: createDirectory(db, profiles),
    importedIds: createImportedIds(db, profiles),
    log: createLog(db, profiles, log),
    importLines: (space, batch, { keep }) => storeLines(db, space, batch, keep),
    exportLines: (space) => exportLines(directUrl, linkOf, space),
    migrate: () => migrate(directUrl),
    ping: async () => void (await db.read(signOfLife, {})),
    close: () => (closing ??= end()),
  } satisfies Store;
}
