import { randomBytes } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import type { Client } from '@parley/client';
import { mintToken, type Space } from '@parley/node-kit';
import { parseConversationId } from '@parley/protocol';
import { check, createRecorder, type History, readDatabase, recordedSdk, type Violation } from '../recording/index.ts';
import { Trouble } from '../trouble.ts';
import { perSecondMax } from './per-second.ts';
import type { Evidence } from './promises.ts';

/** Where a drill talks, and how one sees that everything serves. */
export type Stage = {
  url: string;
  space: Space;
  databaseUrl: string;
  isWhole: () => Promise<boolean>;
};

const usersMax = 24;
const perGroup = 6;
const sendsPerSecond = 30;
/** Beyond what is promised: what comes too late is told with its time, and not only as missing. */
const patienceMs = 60_000;
const warmUpSends = 60;
const pollMs = 50;

/** Lets recorded clients of the SDK talk while something goes wrong, and tells what they saw. */
export async function rehearse(stage: Stage, inflict: () => Promise<void>): Promise<Evidence> {
  const recorder = createRecorder();
  const talkers = await gather(stage, recorder);
  const clients = talkers.map(({ client }) => client);
  const ending = new AbortController();
  try {
    await Promise.all(clients.map((client) => client.caughtUp()));
    const offline = new Set<string>();
    const arrivals: number[] = [];
    const userIds = clients.map(({ userId }) => userId ?? '');
    for (const client of clients) {
      client.on('presence', ({ userId, status }) => status === 'offline' && offline.add(userId));
      client.on('state', ({ name }) => name === 'online' && arrivals.push(performance.now()));
      await client.watch(userIds.slice(0, usersMax));
    }
    offline.clear();
    const load = talk(talkers, ending);
    await settles(() => load.acked.length >= warmUpSends, patienceMs);

    await inflict();
    const overAt = performance.now();
    const [wholeMs, sendsAgainMs] = await Promise.all([
      settles(stage.isWhole, patienceMs),
      settles(
        () => clients.every((client) => load.acked.some(({ by, begunAt }) => by === client && begunAt > overAt)),
        patienceMs,
      ),
    ]);
    const refused = await load.end();
    const { violations, convergedMs } = await verdict(stage, recorder, talkers);
    return {
      violations,
      sends: load.acked.length,
      refused,
      sendsAgainMs,
      convergedMs,
      wholeMs,
      offline: [...offline],
      arrivalsPerSecond: perSecondMax(arrivals),
    };
  } finally {
    // Also when the fault could not be inflicted: a load that goes on would keep the process alive for ever.
    ending.abort();
    await Promise.all(clients.map((client) => client.close()));
  }
}

type Talker = { client: Client; conversationId: string };

/** Clients connect last, when nothing can be refused any more: who throws here leaves none behind. */
async function gather({ url, space }: Stage, recorder: ReturnType<typeof createRecorder>): Promise<Talker[]> {
  const mark = randomBytes(4).toString('hex');
  const userIds = Array.from({ length: usersMax }, (_, i) => `drill-${mark}-${i}`);
  const tokenOf = (userId: string) => mintToken(space, { userId, role: 'user' });
  // A token makes its user exist, but only once it was used.
  await Promise.all(userIds.map((userId) => ask(url, tokenOf(userId), 'GET')));
  const places: { userId: string; conversationId: string }[] = [];
  for (let g = 0; g < usersMax; g += perGroup) {
    const [owner = '', ...memberIds] = userIds.slice(g, g + perGroup);
    const { conversation } = await ask(url, tokenOf(owner), 'POST', { title: `A drill (${mark})`, memberIds });
    for (const userId of [owner, ...memberIds]) places.push({ userId, conversationId: conversation.id });
  }
  return places.map(({ userId, conversationId }) => {
    const client = recordedSdk(recorder, { url, token: tokenOf(userId), userId, name: userId });
    return { client, conversationId };
  });
}

async function ask(
  url: string,
  token: string,
  method: 'GET' | 'POST',
  body?: object,
): Promise<{ conversation: { id: string } }> {
  const response = await fetch(`${url}/v1/conversations`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Trouble(`The drill cannot begin: ${url} answered ${response.status}.`);
  return (await response.json()) as { conversation: { id: string } };
}

/** Everybody in turn. What fails for the moment is the client's own matter: it is tried again until it is stored. */
function talk(talkers: readonly Talker[], ending: AbortController) {
  const acked: { by: Client; begunAt: number }[] = [];
  const refused: string[] = [];
  let sent = 0;
  const send = ({ client, conversationId }: Talker) => {
    const begunAt = performance.now();
    client.send({ conversationId, body: `drill ${sent++} of ${client.userId}` }).then(
      () => acked.push({ by: client, begunAt }),
      (error: unknown) => refused.push(error instanceof Error && 'code' in error ? String(error.code) : String(error)),
    );
  };
  const pacing = (async () => {
    for (let i = 0; !ending.signal.aborted; i += 1) {
      const talker = talkers[i % talkers.length];
      if (talker) send(talker);
      await after(1_000 / sendsPerSecond);
    }
  })();
  return {
    acked,
    /** @returns why sends failed; those that nobody answered are among them */
    async end(): Promise<string[]> {
      ending.abort();
      await pacing;
      await settles(() => acked.length + refused.length === sent, patienceMs);
      const unanswered = sent - acked.length - refused.length;
      return [...refused, ...Array.from({ length: unanswered }, () => 'unanswered')];
    },
  };
}

async function verdict(
  { databaseUrl, space }: Stage,
  recorder: ReturnType<typeof createRecorder>,
  talkers: readonly Talker[],
): Promise<{ violations: Violation[]; convergedMs: number | undefined }> {
  const nos = [...new Set(talkers.map(({ conversationId }) => parseConversationId(conversationId) ?? 0))];
  const database = await readDatabase(databaseUrl, { space: space.name, nos });
  const history = (): History => ({ ...recorder.recorded(), pages: [], unread: [], database });
  const missing = () => check(history()).some(({ invariant }) => invariant === 'I5');
  const convergedMs = await settles(() => !missing(), patienceMs);
  return { violations: check(history()), convergedMs };
}

/** @returns how long it took to come true, in milliseconds; `undefined` when it did not in time */
async function settles(is: () => boolean | Promise<boolean>, withinMs: number): Promise<number | undefined> {
  const startedAt = performance.now();
  for (;;) {
    if (await is()) return performance.now() - startedAt;
    if (performance.now() - startedAt > withinMs) return undefined;
    await after(pollMs);
  }
}
