import type { Role } from '@parley/protocol';
import type { NodeKind, NodePlan } from './node-process.ts';
import type { Balancer } from './parts/haproxy-admin.ts';
import type { Operations } from './operations.ts';
import type { PortsChoice } from './ports-plan.ts';
import type { Progress } from './progress.ts';

export type ClusterOptions = {
  /** Data, logs and state; kept between starts. One cluster at a time runs from it. */
  dir: string;
  /** 2 by default, at most 9. */
  apiNodes?: number;
  /** 3 by default, at most 18. */
  socketNodes?: number;
  /** `free` by default. */
  ports?: PortsChoice;
  /** `infra/spaces.json` of the project by default. */
  spacesPath?: string;
  /** Servers to use in place of embedded ones. The database has to exist; its schema is migrated. */
  databaseUrl?: string | undefined;
  redisUrl?: string | undefined;
  /** Another Redis for presence; `redisUrl` by default. */
  presenceRedisUrl?: string | undefined;
  /** `false`: the embedded PostgreSQL writes without fsync. For tests. */
  durable?: boolean;
  /** More variables for single nodes, also other URLs of the servers (a proxy between, for instance). */
  nodeEnv?: (node: NodePlan & { databaseUrl: string; redisUrl: string }) => Readonly<Record<string, string>>;
  /** Programs to run in place of the nodes' own. */
  entries?: Partial<Record<NodeKind, string>>;
  /** Starts again what ends by itself. */
  keepAlive?: boolean;
  /** How long clients have to move when a node drains. */
  drainMs?: number;
  /** Brings the database's schema up to date; the store's own migrations by default. */
  migrate?: (databaseUrl: string) => Promise<void>;
  /** Hears what is done, and what dies. */
  progress?: Progress;
  /** Ends a start that is under way. */
  signal?: AbortSignal;
};

/** One node, with its process of now; `pid` is absent while it is dead. */
export type ClusterNode = NodePlan & { pid: number | undefined; url: string };

/** What can be hurt besides nodes: embedded servers only. */
export type ServerName = 'haproxy' | 'redis' | 'postgres';

export type Cluster = {
  /** The base URL of space `main` (else of the first space). */
  url: string;
  /** By space. */
  urls: Readonly<Record<string, string>>;
  statsUrl: string;
  databaseUrl: string;
  redisUrl: string;
  spacesPath: string;
  dir: string;
  /** HAProxy's runtime API; follows HAProxy over its lives. */
  admin: Balancer;
  nodes: () => ClusterNode[];
  /** A token of a space, signed with the secret in the spaces file. */
  token: (space: string, userId: string, role?: Role) => string;
  /** By node id (`s1`, `a2`) or server name. Waits for the end when the signal is SIGKILL, SIGTERM or SIGINT. */
  kill: (id: string, signal?: NodeJS.Signals) => Promise<void>;
  /** Ends it properly where it lives, starts it, and waits until it is ready and has its place. */
  restart: (id: string) => Promise<void>;
  pid: (id: string) => number | undefined;
  /** Scales, drains, rolls, rebalances: what the commands of the same name ask for. */
  obey: Operations;
  /** In order: nodes drain, then HAProxy, Redis, PostgreSQL. At most 10 s, unless `drainMs` is longer. Safe to call twice. */
  stop: () => Promise<void>;
};
