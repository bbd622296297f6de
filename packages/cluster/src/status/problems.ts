import type { BalancerStatus, ClusterStatus, ServerStatus } from './cluster-status.ts';
import { ASK_MS, type NodeStatus } from './node-status.ts';

type Seen = Pick<ClusterStatus, 'nodes' | 'database' | 'redis' | 'presenceRedis' | 'haproxy'>;

/** What is wrong, a line each; none when nothing is missing, nobody who was asked stayed silent, and who goes was told to. */
export function problemsOf({ nodes, database, redis, presenceRedis, haproxy }: Seen): string[] {
  const servers = { PostgreSQL: database, Redis: redis, 'Redis of presence': presenceRedis, HAProxy: haproxy };
  return [
    ...Object.entries(servers).flatMap(([name, server]) => (server === undefined ? [] : problemOfServer(name, server))),
    // Where nobody says which nodes there are, none are missed.
    ...(haproxy?.up ? (['socket', 'api'] as const) : []).flatMap((kind) => problemsOfKind(kind, nodes)),
    ...nodes.flatMap(problemOf),
    // Of a Redis that answers nobody, one line is enough.
    ...((presenceRedis ?? redis)?.up === false ? [] : nodes.flatMap(problemOfPresence)),
  ];
}

function problemOfServer(name: string, server: ServerStatus | BalancerStatus): string[] {
  if (!server.up) return [`${name} does not answer: ${server.reason}`];
  return 'unfit' in server && server.unfit ? [`${name} cannot be used as it is named: ${server.unfit.problem}`] : [];
}

/** One node that drains was told to, and the others serve; all at once serve nobody. */
function problemsOfKind(kind: NodeStatus['kind'], nodes: readonly NodeStatus[]): string[] {
  const those = nodes.filter((node) => node.kind === kind);
  if (those.length === 0) return [`HAProxy has no ${kind} node`];
  return those.every(({ readiness }) => readiness === 'draining') ? [`every ${kind} node is draining`] : [];
}

function problemOf({ slot, readiness, balancer, pid }: NodeStatus): string[] {
  if (readiness === 'draining') return [];
  if (readiness === 'silent') return [`${slot} does not answer within ${ASK_MS / 1_000} s${whyOf(pid)}`];
  if (readiness !== 'ready') return [`${slot} ${words[readiness]}`];
  return balancer.startsWith('UP') ? [] : [`${slot} is ready, and HAProxy sends it nobody (${balancer})`];
}

const problemOfPresence = ({ slot, kind, readiness, presenceUp }: NodeStatus): string[] =>
  kind === 'socket' && readiness === 'ready' && presenceUp === false
    ? [`${slot} has no presence: not every shard of Redis answers it`]
    : [];

const whyOf = (pid: number | undefined): string =>
  pid === undefined
    ? ': it is frozen or too busy, or cannot be reached from here'
    : `, and its process ${pid} lives: it is frozen or too busy`;

const words: Readonly<Record<Exclude<NodeStatus['readiness'], 'ready' | 'draining' | 'silent'>, string>> = {
  broken: 'runs and cannot serve: it has no PostgreSQL, or is just starting',
  gone: 'answers nothing',
};
