import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import envSchema from 'env-schema';
import Type, { type Static } from 'typebox';
import {
  developmentSecretOfFiles,
  refusedBySchema,
  refusedInProduction,
  refusedTogether,
} from './environment-problems.ts';
import { Misconfiguration } from './misconfiguration.ts';
import { readSecret } from './secrets.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Below the range from which the system takes ports for outgoing connections (32768 on Linux): those collide. */
const listenPortMax = 32_767;

const Port = (description: string) => Type.Integer({ minimum: 0, maximum: listenPortMax, description });

const redisUrlPattern = '^(rediss?|unix)://[^,]+(, *rediss?://[^,]+)*$';
const RedisUrl = (description: string) => Type.String({ pattern: redisUrlPattern, description });

/** HMAC-SHA256 keys that are shorter than its output can be guessed offline from one link. */
const secretBytesMin = 32;
const urlOfSpace = '[a-z][a-z0-9-]{0,31}=https?://[^\\s,"<>\\\\^`{|}?#/]+';

/** A batch of spans leaves as often, or when 512 are there. */
const tracesEveryMs = 1_000;
const otlpTimeoutMsMax = 600_000;

const FileOf = (variable: string) =>
  Type.Optional(Type.String({ minLength: 1, description: `the path of a file that holds ${variable}, in its place` }));

const spacesPathByDefault = 'infra/spaces.json';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export const isLogLevel = (text: string): text is Config['logLevel'] => logLevels.some((level) => level === text);

/** What a file may hold in place of the variable. */
const secrets = [
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'DATABASE_REPLICA_URL',
  'REDIS_URL',
  'PRESENCE_REDIS_URL',
  'PARLEY_FILES_SECRET',
];

/**
 * Every variable that a node process reads. The table of the environment is made from it. Headers and time limit of traces
 * are checked here, and read by the exporter of OpenTelemetry itself.
 */
export const Environment = Type.Object({
  PARLEY_NODE_ID: Type.Optional(
    Type.String({
      pattern: '^[\\w.-]{1,64}$',
      description: 'names this process in logs and presence; random by default',
    }),
  ),
  PARLEY_SLOT: Type.String({
    pattern: '^[a-z0-9]{2}$',
    default: 's1',
    description: "the name of this node's server in HAProxy: two of a-z and 0-9, such as s1",
  }),
  PARLEY_HOST: Type.String({ minLength: 1, default: '127.0.0.1', description: 'the private address to listen on' }),
  PARLEY_PORT: Port('where HAProxy finds this node: a port up to 32767, such as 22001 (0 takes any)'),
  PARLEY_PRIVATE_PORT: Port(
    'where /livez, /readyz, /metrics and POST /drain are: a port up to 32767, such as 23001 (0 takes any)',
  ),
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    description: 'PostgreSQL, such as postgres://parley@127.0.0.1:5432/parley',
  }),
  DATABASE_URL_FILE: FileOf('DATABASE_URL'),
  DATABASE_DIRECT_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description:
        'the server itself, where DATABASE_URL is a pooler by transaction: steps of the schema hold a session; DATABASE_URL by default',
    }),
  ),
  DATABASE_DIRECT_URL_FILE: FileOf('DATABASE_DIRECT_URL'),
  DATABASE_REPLICA_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description:
        'a streaming replica of DATABASE_URL: it serves history and search whenever it has come as far as was told, and the primary else',
    }),
  ),
  DATABASE_REPLICA_URL_FILE: FileOf('DATABASE_REPLICA_URL'),
  REDIS_URL: RedisUrl(
    'Redis, such as redis://127.0.0.1:6379, or some nodes of a Redis Cluster, divided by commas; its one endpoint twice',
  ),
  REDIS_URL_FILE: FileOf('REDIS_URL'),
  PRESENCE_REDIS_URL: Type.Optional(RedisUrl('another Redis for presence, in the same form; REDIS_URL by default')),
  PRESENCE_REDIS_URL_FILE: FileOf('PRESENCE_REDIS_URL'),
  PARLEY_SPACES: Type.String({
    minLength: 1,
    default: spacesPathByDefault,
    description: 'the path of the file of spaces',
  }),
  PARLEY_LOG_LEVEL: Type.Enum(logLevels, {
    default: 'info',
    description: 'what is logged; `PUT /log-level` on the private port changes it while the node runs',
  }),
  PARLEY_COMMIT: Type.Optional(
    Type.String({ description: 'the commit that runs, for the log; `parley up` and the build of an image say it' }),
  ),
  PARLEY_DRAIN_MS: Type.Integer({
    minimum: 0,
    maximum: 600_000,
    default: 5_000,
    description: 'how long clients have to move to another node',
  }),
  WORKERS: Type.String({
    pattern: '^(auto|[1-9]|[1-5][0-9]|6[0-4])$',
    default: '1',
    description:
      'how many processes share the sessions of a socket node: 1 to 64, or auto for one a core; an API node is always one',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description:
        'where traces of requests and sends go, by OTLP over HTTP, such as http://127.0.0.1:4318; none without it',
    }),
  ),
  OTEL_EXPORTER_OTLP_HEADERS: Type.Optional(
    Type.String({
      pattern: '^[^=,]+=[^,]*(,[^=,]+=[^,]*)*$',
      description: 'what is sent along with traces, percent-encoded: authorization=Bearer%20…,x-tenant=chat',
    }),
  ),
  OTEL_EXPORTER_OTLP_TIMEOUT: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: otlpTimeoutMsMax,
      description: 'how long a batch of traces may take, in milliseconds; 10000 without it',
    }),
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 1,
    description: 'which share of traces is sent; a request whose client traces it follows its client',
  }),
  PARLEY_FILES: Type.String({
    minLength: 1,
    default: '.parley/files',
    description: 'the folder of uploaded files, which every API node shares',
  }),
  PARLEY_FILES_SECRET: Type.String({
    minLength: secretBytesMin,
    default: developmentSecretOfFiles,
    description: `what the links of files are signed with, the same for every node: at least ${secretBytesMin} characters (try: openssl rand -base64 48)`,
  }),
  PARLEY_FILES_SECRET_FILE: FileOf('PARLEY_FILES_SECRET'),
  PARLEY_URLS: Type.Optional(
    Type.String({
      pattern: `^${urlOfSpace}(?:,${urlOfSpace})*$`,
      description:
        'where clients reach spaces, for the links of files: main=https://chat.example,…; of a space that is not named, its first host (https) or its port at 127.0.0.1',
    }),
  ),
  PARLEY_TRY_OUT: Type.Optional(
    Type.Enum(['on', 'off'], {
      description:
        'whether the pages are served at which contracts are tried by hand; off in production unless it is said',
    }),
  ),
  PARLEY_TLS: Type.Enum(['required', 'off'], {
    default: 'off',
    description:
      'whether only those are served whom the load balancer says to have come by https (`X-Forwarded-Proto`)',
  }),
  NODE_ENV: Type.Enum(['development', 'test', 'production'], {
    default: 'development',
    description: 'production refuses secrets of development, spaces that name no origins, and `PARLEY_TLS=off`',
  }),
});

export type Config = {
  nodeId: string;
  /** Two characters: the name of this node's server in HAProxy, and the first two of its Engine.IO ids. */
  slot: string;
  host: string;
  port: number;
  /** Never reachable from outside. */
  privatePort: number;
  databaseUrl: string;
  /** Past a pooler; absent: `databaseUrl`. */
  databaseDirectUrl?: string | undefined;
  /** Absent: the primary serves everything. */
  databaseReplicaUrl?: string | undefined;
  redisUrl: string;
  /** Presence may live on a Redis of its own: it is asked often, and fan-out is what a busy Redis delays. */
  presenceRedisUrl: string;
  spacesPath: string;
  logLevel: Static<typeof Environment>['PARLEY_LOG_LEVEL'];
  /** Which build runs; absent where nobody knows. */
  commit?: string | undefined;
  drainMs: number;
  /** How many processes hold the sessions of a socket node. */
  workers: number;
  /** Where traces go, what share of them, and how often they leave. */
  traces: { endpoint: string; share: number; everyMs: number } | undefined;
  /** The folder of uploaded files. */
  filesPath: string;
  /** Signs the links of files. */
  filesSecret: string;
  /** Where clients reach a space, as far as it was said; without a slash at the end. */
  urls: ReadonlyMap<string, string>;
  production: boolean;
  /** Whether only those are served who came by https. */
  tlsRequired: boolean;
  /** Whether the pages are served at which contracts are tried by hand. */
  tryOut: boolean;
};

/**
 * What the environment says, checked and typed.
 * @throws Misconfiguration with every problem, not only the first
 */
export function readConfig(env: Env): Config {
  const read = parse(env);
  return {
    nodeId: read.PARLEY_NODE_ID ?? `${read.PARLEY_SLOT}-${randomBytes(4).toString('hex')}`,
    slot: read.PARLEY_SLOT,
    host: read.PARLEY_HOST,
    port: read.PARLEY_PORT,
    privatePort: read.PARLEY_PRIVATE_PORT,
    databaseUrl: read.DATABASE_URL,
    databaseDirectUrl: read.DATABASE_DIRECT_URL,
    databaseReplicaUrl: read.DATABASE_REPLICA_URL,
    redisUrl: read.REDIS_URL,
    presenceRedisUrl: read.PRESENCE_REDIS_URL ?? read.REDIS_URL,
    spacesPath: read.PARLEY_SPACES,
    logLevel: read.PARLEY_LOG_LEVEL,
    commit: read.PARLEY_COMMIT,
    drainMs: read.PARLEY_DRAIN_MS,
    workers: read.WORKERS === 'auto' ? availableParallelism() : Number(read.WORKERS),
    traces: read.OTEL_EXPORTER_OTLP_ENDPOINT
      ? { endpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT, share: read.OTEL_TRACES_SAMPLER_ARG, everyMs: tracesEveryMs }
      : undefined,
    filesPath: read.PARLEY_FILES,
    filesSecret: read.PARLEY_FILES_SECRET,
    urls: new Map((read.PARLEY_URLS?.split(',') ?? []).map(parseUrlOfSpace)),
    production: read.NODE_ENV === 'production',
    tlsRequired: read.PARLEY_TLS === 'required',
    tryOut: (read.PARLEY_TRY_OUT ?? (read.NODE_ENV === 'production' ? 'off' : 'on')) === 'on',
  };
}

/** What the links of files are signed with, where nothing else of a node is configured. */
export const filesSecretIn = (env: Env): string =>
  readSecret(env, 'PARLEY_FILES_SECRET').value ?? developmentSecretOfFiles;

function parseUrlOfSpace(text: string): [space: string, url: string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Where the file of spaces is, also for whoever needs nothing else of the environment. */
export const spacesPathOf = (env: Env): string => env['PARLEY_SPACES'] || spacesPathByDefault;

function parse(env: Env): Static<typeof Environment> {
  const problems: string[] = [];
  // A variable that is set to nothing counts as absent: compose files and shells write `NAME=` for "not set".
  const data = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const unread: string[] = [];
  for (const name of secrets) {
    const { value, problem } = readSecret(env, name);
    if (value !== undefined) data[name] = value;
    if (problem === undefined) continue;
    problems.push(problem);
    unread.push(name);
  }
  const { read, refused } = readBySchema(data);
  const others = [...refused].filter(([name]) => !unread.includes(name)).map(([, problem]) => problem);
  problems.push(...refusedInProduction(env), ...refusedTogether(data, refused), ...others);
  if (read && problems.length === 0) return read;
  throw new Misconfiguration('The environment', problems);
}

type Read = { read?: Static<typeof Environment>; refused: ReadonlyMap<string, string> };

function readBySchema(data: Env): Read {
  try {
    // A copy, because env-schema writes into the schema that it is given.
    const read = envSchema<Static<typeof Environment>>({ schema: structuredClone(Environment), data, env: false });
    return { read, refused: new Map() };
  } catch (error) {
    return { refused: refusedBySchema(error, Environment.properties) };
  }
}
