import type { FileKey, LinkOf } from '@parley/core';
import type { Attachment } from '@parley/protocol';
import { type ClientConfig, TypeOverrides } from 'pg';

/** How long a connection may take to open. */
const connectTimeoutMs = 2_000;
/** How long PostgreSQL works on one statement before it gives up, which is a definite answer. */
const statementTimeoutMs = 4_000;
/** How long we wait for any answer; above `statementTimeoutMs`, so that the definite answer comes first. */
export const answerTimeoutMs = 5_000;
/** How long a statement waits for a conversation that somebody else holds. */
const lockTimeoutMs = 2_000;
/** The same for a batch of sends, whose neighbours wait with it. */
export const batchLockTimeoutMs = 100;

const bigint = 20;
const json = 114;
const bigintArray = 1016;
const timestamptz = 1184;

/** How the values of our columns are read. Whatever carries a file gets the file's link here, as it is read. */
function typesWith(linkOf: LinkOf | undefined): TypeOverrides {
  const types = new TypeOverrides();
  // Numbers of ours stay below 2^53, so that JavaScript holds them exactly.
  types.setTypeParser(bigint, Number);
  // '{{1,0,NULL},…}' is JSON with other brackets, and JSON.parse is the quickest reader there is.
  types.setTypeParser(bigintArray, (text) =>
    JSON.parse(text.replaceAll('{', '[').replaceAll('}', ']').replaceAll('NULL', 'null')),
  );
  types.setTypeParser(timestamptz, (text) => text);
  // In a text of JSON this key is a key and never something that was said: quotes in there are escaped.
  const reviver = linkOf && ((_key: string, value: unknown) => shown(value, linkOf));
  types.setTypeParser(json, (text) => JSON.parse(text, text.includes('"file":') ? reviver : undefined));
  return types;
}

/** A file as a message is stored with it, and as the message is shown. Senders cannot say `file`. */
type Stored = Omit<Attachment, 'id' | 'url'> & { file: FileKey };

const isFile = (value: unknown): value is Stored => typeof value === 'object' && value !== null && 'file' in value;

function shown(value: unknown, linkOf: LinkOf): unknown {
  if (!isFile(value)) return value;
  const { file, ...said } = value;
  return { id: file.id, url: linkOf(file), ...said };
}

type Purpose = 'reads and changes' | 'sends';

/**
 * What leaves only nested loops over index scans. Without sequential scans alone, a plan made on empty tables reads the
 * whole index of `messages` into a hash for each batch (measured: 217 us of PostgreSQL per message instead of 70, and
 * growing with the table).
 */
const lookUpsOnly = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_material: 'off',
};

/** PostgreSQL cuts what is longer. */
const applicationNameCharsMax = 63;

/** Of a long id the end is kept: it tells apart those that one Deployment made. */
function applicationName(purpose: Purpose, nodeId: string | undefined): string {
  const name = `parley ${purpose}`;
  if (nodeId === undefined) return name;
  return `${name} ${nodeId.slice(-(applicationNameCharsMax - name.length - 1))}`;
}

type Opening = {
  /** Absent where no message is read. */
  linkOf?: LinkOf | undefined;
  /** Whose connection it is, as `pg_stat_activity` shows it. */
  nodeId?: string | undefined;
};

/**
 * What a session has while a node holds it, as `pg_settings` shows it. Statements are planned once, without their values,
 * and as look-ups by key, which all of them are: a plan that was made while the tables were small must not stay when they
 * have grown.
 */
export function settingsOf(purpose: Purpose): Readonly<Record<string, string>> {
  return {
    timezone: 'UTC',
    jit: 'off',
    // Whatever the server's default is: an acknowledgement means that the message is on the disk.
    synchronous_commit: 'on',
    default_transaction_isolation: 'read committed',
    statement_timeout: String(statementTimeoutMs),
    idle_in_transaction_session_timeout: String(answerTimeoutMs),
    lock_timeout: String(purpose === 'sends' ? batchLockTimeoutMs : lockTimeoutMs),
    plan_cache_mode: 'force_generic_plan',
    ...lookUpsOnly,
  };
}

/** How each connection is opened. The settings travel with the first packet, so that no connection is ever without them. */
export function connectionOptions(
  databaseUrl: string,
  purpose: Purpose,
  { linkOf, nodeId }: Opening = {},
): ClientConfig {
  return {
    connectionString: databaseUrl,
    application_name: applicationName(purpose, nodeId),
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    options: Object.entries(settingsOf(purpose))
      .map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`)
      .join(' '),
    types: typesWith(linkOf),
  };
}
