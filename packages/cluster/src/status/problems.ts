import type { ClusterStatus } from './cluster-status.ts';
import type { NodeStatus } from './node-status.ts';

type Seen = Pick<ClusterStatus, 'nodes' | 'database' | 'redis' | 'haproxy'>;

/** What is wrong, a line each; none when nothing is missing and nobody who was asked stayed silent. */
export function problemsOf({ nodes, database, redis, haproxy }: Seen): string[] {
  const servers = { PostgreSQL: database, Redis: redis, HAProxy: haproxy };
  return [
    ...Object.entries(servers).flatMap(([name, server]) =>
      server === undefined || server.up ? [] : `${name} does not answer: ${server.reason}`,
    ),
    // Where nobody says which nodes there are, none are missed.
    ...(haproxy?.up ? (['socket', 'api'] as const) : []).flatMap((kind) =>
      nodes.some((node) => node.kind === kind) ? [] : `HAProxy has no ${kind} node`,
    ),
    ...nodes.flatMap(problemOf),
  ];
}

function problemOf({ slot, readiness, balancer }: NodeStatus): string[] {
  if (readiness !== 'ready') return [`${slot} ${words[readiness]}`];
  return balancer.startsWith('UP') ? [] : [`${slot} is ready, and HAProxy sends it nobody (${balancer})`];
}

const words: Readonly<Record<Exclude<NodeStatus['readiness'], 'ready'>, string>> = {
  draining: 'is draining',
  broken: 'runs and cannot serve: it has no PostgreSQL, or is just starting',
  gone: 'answers nothing',
};
