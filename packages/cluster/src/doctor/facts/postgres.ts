import { connectionOptions, settingsOf } from '@parley/store-postgres';
import { Client, type ClientConfig } from 'pg';
import { compareClock, type Now } from './clock.ts';
import type { Clock } from './facts.ts';

export type Taken = { number: number; name: string; older_nodes: 'survive' | 'must-stop' };

export type Lacking = { setting: string; wanted: string; is: string };

/** Of the server that steps of the schema go to. */
export type DirectFacts = { sharesSessions: boolean };

export type PostgresFacts = {
  /** As a number: 180004 is 18.4. */
  version: number;
  /** What a session gets that asks for nothing. */
  settings: ReadonlyMap<string, string>;
  /** Sessions of now, ours of this question among them. */
  sessions: number;
  pooler: {
    /** Why a session is refused that is opened as nodes open theirs. */
    refusal?: string;
    /** What such a session lacks of what the node asked for. */
    lacking: readonly Lacking[];
    /** Whether one session is served by several server processes, one after the other. */
    sharesSessions: boolean;
    /** Whether a prepared statement is there again at the next question. */
    keepsStatements: boolean;
  };
  /** The steps that the schema has taken; absent where there is no schema. */
  taken?: readonly Taken[];
  clock: Clock;
};

const ASK_MS = 3_000;
const judged = [
  'fsync',
  'full_page_writes',
  'synchronous_commit',
  'max_connections',
  'superuser_reserved_connections',
  'server_version_num',
];

/** @throws Error when it does not answer */
export async function postgresFacts(url: string, now: Now): Promise<PostgresFacts> {
  const arrived = await arrival(url);
  const [one, other] = [sessionOn(url), sessionOn(url)];
  try {
    await Promise.all([one.connect(), other.connect()]);
    const settings = await settingsIn(one, judged);
    const { rows: counted } = await one.query<{ sessions: number }>(
      "select count(*)::int as sessions from pg_stat_activity where backend_type = 'client backend'",
    );
    const taken = await takenSteps(one);
    return {
      version: Number(settings.get('server_version_num')),
      settings,
      sessions: counted[0]?.sessions ?? 0,
      pooler: { ...arrived, ...(await shared(one, other)) },
      ...(taken && { taken }),
      clock: await compareClock('PostgreSQL', now, async () => {
        const { rows } = await one.query<{ ms: number }>(
          'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
        );
        return rows[0]?.ms ?? 0;
      }),
    };
  } finally {
    await Promise.all([one.end().catch(gone), other.end().catch(gone)]);
  }
}

function sessionOn(url: string, more: ClientConfig = {}): Client {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: ASK_MS,
    query_timeout: ASK_MS,
    application_name: 'parley doctor',
    ...more,
  });
  // The connection may break between two questions; the question itself then fails.
  client.on('error', gone);
  return client;
}

/** What a session of a node's pool has: sent with the first packet, or set for the database where a pooler drops that. */
async function arrival(url: string): Promise<Pick<PostgresFacts['pooler'], 'refusal' | 'lacking'>> {
  const { options } = connectionOptions(url, 'reads and changes');
  const wanted = settingsOf('reads and changes');
  const client = sessionOn(url, { ...(options !== undefined && { options }) });
  try {
    await client.connect();
    const has = await settingsIn(client, Object.keys(wanted).map(shownAs));
    const all = Object.entries(wanted).map(([setting, value]) => {
      return { setting, wanted: value, is: has.get(shownAs(setting)) ?? 'unknown' };
    });
    return { lacking: all.filter(({ wanted: value, is }) => value !== is) };
  } catch (error) {
    // A pooler says no to the first packet itself; whatever else is wrong is met again by the next session.
    if (error instanceof Error && /startup parameter/.test(error.message))
      return { refusal: error.message, lacking: [] };
    throw error;
  } finally {
    await client.end().catch(gone);
  }
}

/** The one name that `pg_settings` writes otherwise. */
const shownAs = (setting: string): string => (setting === 'timezone' ? 'TimeZone' : setting);

/** @throws Error when it does not answer */
export async function directFacts(url: string): Promise<DirectFacts> {
  const [one, other] = [sessionOn(url), sessionOn(url)];
  try {
    await Promise.all([one.connect(), other.connect()]);
    return { sharesSessions: (await shared(one, other)).sharesSessions };
  } finally {
    await Promise.all([one.end().catch(gone), other.end().catch(gone)]);
  }
}

async function settingsIn(client: Client, names: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1)',
    [names],
  );
  return new Map(rows.map(({ name, setting }) => [name, setting]));
}

/**
 * Two sessions hold a transaction at once and so a server process each; a pooler by transaction then deals them out
 * anew, and one session meets both.
 */
async function shared(
  one: Client,
  other: Client,
): Promise<Pick<PostgresFacts['pooler'], 'sharesSessions' | 'keepsStatements'>> {
  const pids = new Set<number>();
  let keepsStatements = true;
  await Promise.all([one.query('begin'), other.query('begin')]);
  await one.query('commit');
  await other.query('commit');
  for (let time = 0; time < 4; time++) {
    try {
      const { rows } = await one.query<{ pid: number }>({
        name: 'parley-doctor',
        text: 'select pg_backend_pid() as pid',
      });
      pids.add(rows[0]?.pid ?? 0);
    } catch {
      keepsStatements = false;
    }
  }
  return { sharesSessions: pids.size > 1 || !keepsStatements, keepsStatements };
}

async function takenSteps(client: Client): Promise<Taken[] | undefined> {
  const { rows: there } = await client.query<{ there: boolean }>(
    "select to_regclass('migrations') is not null as there",
  );
  if (!there[0]?.there) return undefined;
  return (await client.query<Taken>('select number, name, older_nodes from migrations order by number')).rows;
}

function gone(): void {}
