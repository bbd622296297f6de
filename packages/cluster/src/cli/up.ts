import { unknownVariables } from '@parley/node-kit';
import type { Role } from '@parley/protocol';
import type { Cluster, ClusterOptions } from '../cluster.ts';
import { targetsIn } from '../observe/targets.ts';
import { serverUrl } from '../server-urls.ts';
import { defaultSpacesPath } from '../setting.ts';
import { startCluster } from '../start-cluster.ts';
import { openStore } from '../store.ts';
import { Trouble } from '../trouble.ts';
import { inFolder, parley } from '../typed.ts';
import { warn } from './complain.ts';
import { type Steps, tellSteps } from './steps.ts';
import { paint, print, table } from './terminal.ts';

export type UpOptions = {
  dir: string;
  apiNodes: number;
  socketNodes: number;
  portOffset: number;
};

/** Who is there in space `main` after a start: people to try things with. */
const people = [
  { userId: 'ada', name: 'Ada', role: 'user' },
  { userId: 'bob', name: 'Bob', role: 'user' },
  { userId: 'root', name: 'The host application', role: 'admin' },
] as const satisfies { userId: string; name: string; role: Role }[];

/** Starts a cluster, tells how to use it, and keeps it running until a signal ends it. */
export async function up({ dir, apiNodes, socketNodes, portOffset }: UpOptions): Promise<void> {
  for (const doubt of unknownVariables(process.env, defaultSpacesPath)) warn(doubt);
  const steps = tellSteps({ write: (text) => void process.stdout.write(text), terminal: process.stdout.isTTY });
  const ending = onSignals();
  const cluster = await started(steps, {
    dir,
    apiNodes,
    socketNodes,
    ports: { offset: portOffset, env: process.env, options: process.argv.slice(3) },
    databaseUrl: serverUrl(process.env, 'DATABASE_URL'),
    redisUrl: serverUrl(process.env, 'REDIS_URL'),
    presenceRedisUrl: serverUrl(process.env, 'PRESENCE_REDIS_URL'),
    ...drainMsIn(process.env),
    keepAlive: true,
    progress: steps.say,
    signal: ending,
  });
  try {
    const firstMessage = await introduce(cluster);
    steps.say('ready\n');
    print(welcome(cluster, firstMessage));
    await aborted(ending);
    print('\nending: nodes drain, then HAProxy, Redis and PostgreSQL');
  } finally {
    await cluster.stop();
  }
  print(`ended; the data stays in ${dir}`);
}

/** A drain is short here, because who presses Ctrl-C waits for it, unless the environment says how long it shall be. */
const drainMsIn = ({ PARLEY_DRAIN_MS: text }: NodeJS.ProcessEnv): Pick<ClusterOptions, 'drainMs'> =>
  text ? { drainMs: Number(text) } : {};

/** Whether the start succeeds or fails, no step is left that lasts. */
async function started(steps: Steps, options: ClusterOptions): Promise<Cluster> {
  try {
    return await startCluster(options);
  } finally {
    steps.done();
  }
}

/** The first signal ends the cluster in order; a second one ends this process at once, and its children with it. */
function onSignals(): AbortSignal {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (ending.signal.aborted) process.exit(130);
      ending.abort(new Trouble('The start was interrupted; what had been started was ended again.'));
    });
  }
  return ending.signal;
}

/** Makes the people, and a conversation for the line to paste. @returns that line */
async function introduce(cluster: Cluster): Promise<string> {
  await using store = await openStore(cluster.databaseUrl);
  for (const { userId, ...fields } of people) await store.users.put('main', userId, fields);
  const token = cluster.token('main', 'ada');
  const headers = { authorization: `Bearer ${token}` };
  const opened = await fetch(`${cluster.url}/v1/conversations/direct/bob`, { method: 'PUT', headers });
  const answer = (await opened.json()) as { conversation?: { id: string } };
  if (!answer.conversation) throw new Error(`the first conversation was refused: ${JSON.stringify(answer)}`);
  const url = `${cluster.url}/v1/conversations/${answer.conversation.id}/messages`;
  return `curl -s ${url} -H 'authorization: Bearer ${token}' -H 'content-type: application/json' -d '{"body":"Hello, Bob"}'`;
}

function welcome(cluster: Cluster, firstMessage: string): string {
  const here = inFolder(cluster.dir);
  const places = [
    ...Object.entries(cluster.urls).map(([space, url]) => [`space ${space}`, url]),
    ['the contract', `${cluster.url}/docs, and its events: ${cluster.url}/docs/events`],
    ['statistics of HAProxy', cluster.statsUrl],
    ['metrics of HAProxy', `${cluster.statsUrl}/metrics`],
    ...cluster.nodes().map(({ id, privatePort }) => [`metrics of ${id}`, `http://127.0.0.1:${privatePort}/metrics`]),
    ['all of these metrics, for Prometheus', targetsIn(cluster.dir)],
    ['PostgreSQL', cluster.databaseUrl],
    ['Redis', cluster.redisUrl],
  ];
  const title = (text: string): string => paint('bold', text);
  return [
    title(
      `Parley is up: ${cluster.nodes().length} nodes behind HAProxy (${cluster
        .nodes()
        .map(({ id }) => id)
        .join(' ')})`,
    ),
    '',
    table(['what', 'where'], places),
    '',
    title(`Tokens for space main (valid for a day; others: ${parley('token', '<space>', '<user>', ...here)})`),
    ...people.map(({ userId, role }) => `  ${userId} (${role})  ${cluster.token('main', userId, role)}`),
    '',
    title('Send the first message, as ada to bob'),
    `  ${firstMessage}`,
    '',
    `In another terminal: ${paint('cyan', parley('tail', 'main', 'bob', ...here))} hears it, ${paint('cyan', parley('status', ...here))} shows the nodes. Ctrl-C ends all.`,
  ].join('\n');
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  // A listener alone does not keep the process alive, but the cluster's child processes do.
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
