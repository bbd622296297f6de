import { readFileSync } from 'node:fs';
import { type Env, Environment, spacesPathOf } from './config.ts';
import { portVariable } from './variables-of-spaces.ts';

const prefix = 'PARLEY_';

/** What others than nodes read. A test finds every name of the project here, in `Environment` or in the file of spaces. */
const readElsewhere: Readonly<Record<string, string>> = {
  'haproxy.cfg':
    'ADMIN_SOCKET BIND CLOSE_SPREAD DNS DNS_API DNS_SOCKET FD_MAX FORWARDED_PROTO HAPROXY_THREADS HAPROXY_USER LISTEN ' +
    'LOG_ADDRESSES MAXCONN SERVER_STATE SPACES_MAP STATS_BIND TLS_CERT',
  'the parley command': 'PASSWORD PORT_POSTGRES PORT_REDIS PORT_STATS TOKEN URL',
  compose: 'PORT_GRAFANA PORT_PROMETHEUS RUN',
  'proofs and measurements': 'AUDIT_REGISTRY BEFORE BUDGET CHURN_MS CLIENTS FAULTS FORGET PLAN SEATS SEED SUMMARY',
  tests: 'SHOW_PLANS SHOW_TIMES TALLY TEST_DATABASE_URL TEST_REDIS_URL TEST_RUN',
};

const alwaysKnown: readonly string[] = [
  ...Object.keys(Environment.properties).filter((name) => name.startsWith(prefix)),
  ...Object.values(readElsewhere).flatMap((names) => names.split(' ').map((name) => `${prefix}${name}`)),
];

/** How Kubernetes tells a pod of a Service that is called `parley` or `parley-…`: not ours, and nobody's mistake. */
const serviceLink = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$/;
const serviceAddress = /^(tcp|udp|sctp):\/\//;

/**
 * A sentence for each variable `PARLEY_…` that nothing reads: most likely a name that was mistyped, in whose place the
 * default counts.
 */
export function unknownVariables(env: Env, spacesPath: string = spacesPathOf(env)): string[] {
  const ofSpaces = namesOfSpaces(spacesPath);
  const known = new Set([...alwaysKnown, ...(ofSpaces ?? [])]);
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (!name.startsWith(prefix) || value === '' || known.has(name) || isServiceLink(name, value)) return [];
    // Without the file of spaces nobody knows which of these there are.
    if (!ofSpaces && /^PARLEY_(PORT|SECRET)_/.test(name)) return [];
    return [`${name} is read by nothing: ${remedy(name, known)}`];
  });
}

const isServiceLink = (name: string, value: string): boolean => serviceLink.test(name) || serviceAddress.test(value);

function remedy(name: string, known: ReadonlySet<string>): string {
  const meant = nearest(name, known);
  return meant === undefined ? 'infra/environment.md lists what there is' : `is ${meant} meant?`;
}

/** What the file of spaces makes known: the ports of spaces, and where their secrets stand; nothing when it cannot be read. */
function namesOfSpaces(path: string): string[] | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    const content: unknown = JSON.parse(text);
    const secrets = text.match(/\bPARLEY_[A-Z0-9_]+\b/g) ?? [];
    return [...spacesIn(content).map(portVariable), ...secrets.flatMap((name) => [name, `${name}_FILE`])];
  } catch {
    // Why it cannot be read is told by whoever loads it.
    return undefined;
  }
}

function spacesIn(content: unknown): string[] {
  if (typeof content !== 'object' || content === null || !('spaces' in content)) return [];
  return Object.keys(content.spaces ?? {});
}

/** The name that was most likely meant, if any comes close. */
function nearest(name: string, known: ReadonlySet<string>): string | undefined {
  const rest = name.slice(prefix.length);
  // DATABASE_URL, WORKERS and others have no prefix.
  if (rest in Environment.properties) return rest;
  const editsMax = Math.min(3, Math.ceil(rest.length / 2));
  const [best] = [...known]
    .map((candidate) => ({ candidate, edits: editsBetween(name, candidate) }))
    .toSorted((a, b) => a.edits - b.edits);
  return best && best.edits <= editsMax ? best.candidate : undefined;
}

/** How many letters are missing, too many, wrong or in the place of their neighbour. */
function editsBetween(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const wrong = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          (last[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + 1,
          (last[j - 1] ?? 0) + wrong,
          swapped ? (before[j - 2] ?? 0) + 1 : Infinity,
        ),
      );
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
