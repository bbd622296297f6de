import { createHmac, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';

/** Where a space asks who may talk to whom, and with which secret it signs the question. */
export type AskRule = { url: string; secret: string };

/** How long an answer is good for, from when it was asked … */
const answerMs = 10_000;
/** … and for how long a host that did not answer is left alone with the same question. */
const silenceMs = 1_000;
const timeoutMs = 2_000;
const answerBytesMax = 1_024;
/** Questions that one host is asked at a time, and that wait for their turn. */
const inFlightMax = 32;
const waitingMax = 512;
/** About 100 bytes each. */
const pairsMax = 100_000;
/** Answers in a row that were called back while they were on their way. */
const triesMax = 3;

type Answer = { allowed: boolean | undefined; until: number };
type Outcome = 'allowed' | 'refused' | 'failed';

type TalkHostParts = {
  spaces: ReadonlyMap<string, { ask?: AskRule }>;
  asked: Counter<'outcome'>;
  log: Pick<Logger, 'warn'>;
  now?: () => number;
};

/** Asks the host applications of the spaces, one question for each pair at a time, and remembers what they say. */
export function createTalkHost({ spaces, asked, log, now = () => performance.now() }: TalkHostParts) {
  const answers = new Map<string, Answer>();
  const asking = new Map<string, Promise<boolean | undefined>>();
  const turns = new Map<string, ReturnType<typeof createTurns>>();
  const silent = new Set<string>();

  const turnsOf = (space: string) => {
    const found = turns.get(space) ?? createTurns();
    turns.set(space, found);
    return found;
  };
  const recall = (key: string, forMs = 0): Answer | undefined => {
    const found = answers.get(key);
    return found && found.until > now() + forMs ? found : undefined;
  };
  const question = async (space: string, pair: readonly string[]): Promise<boolean | undefined> => {
    const rule = spaces.get(space)?.ask;
    let allowed: boolean | undefined;
    try {
      allowed = rule && (await turnsOf(space).take(() => askHost(rule, space, pair)));
      silent.delete(space);
    } catch (err) {
      // One line for an outage, not one for each question.
      if (!silent.has(space)) log.warn({ err, space }, 'the host does not say who may talk');
      silent.add(space);
    }
    asked.inc({ outcome: outcomeOf(allowed) });
    return allowed;
  };
  const remember = (key: string, allowed: boolean | undefined, from: number) => {
    answers.delete(key);
    answers.set(key, { allowed, until: from + (allowed === undefined ? silenceMs : answerMs) });
    for (const oldest of answers.keys()) {
      if (answers.size <= pairsMax) break;
      answers.delete(oldest);
    }
  };
  const ask = async (
    space: string,
    userA: string,
    userB: string,
    triesLeft = triesMax,
  ): Promise<boolean | undefined> => {
    const pair = [userA, userB].toSorted();
    const key = keyOf(space, pair);
    const known = recall(key);
    if (known) return known.allowed;
    const from = now();
    const running = asking.get(key) ?? question(space, pair);
    asking.set(key, running);
    const allowed = await running;
    const isCurrent = asking.get(key) === running;
    if (isCurrent) {
      asking.delete(key);
      remember(key, allowed, from);
    }
    // Called back while it was on its way, it may be from before: unless whoever waited too has asked again since.
    if (isCurrent || recall(key)?.allowed === allowed) return allowed;
    return triesLeft > 1 ? ask(space, userA, userB, triesLeft - 1) : undefined;
  };

  return {
    known: (space: string, userA: string, userB: string, forMs?: number) =>
      recall(keyOf(space, [userA, userB].toSorted()), forMs)?.allowed,
    ask: (space: string, userA: string, userB: string) => ask(space, userA, userB),
    forget(space: string, userA: string, userB: string): void {
      const key = keyOf(space, [userA, userB].toSorted());
      answers.delete(key);
      asking.delete(key);
    },
  };
}

/** What the hosts were asked. */
export const measureTalkHost = (registry: Registry) =>
  new Counter({
    name: 'parley_talk_questions_total',
    help: 'Questions to host applications whether two users may talk, by what came of them.',
    labelNames: ['outcome'],
    registers: [registry],
  });

const outcomeOf = (allowed: boolean | undefined): Outcome =>
  allowed === undefined ? 'failed' : allowed ? 'allowed' : 'refused';
const keyOf = (space: string, pair: readonly string[]) => [space, ...pair].join('\n');

/**
 * One question. Signed as Standard Webhooks are: HMAC-SHA256 of id, time and body, with the bytes of the secret's text.
 * @throws whatever is not the answer of a host in good order
 */
async function askHost({ url, secret }: AskRule, space: string, [userA, userB]: readonly string[]): Promise<boolean> {
  const id = randomUUID();
  const at = String(Math.floor(Date.now() / 1_000));
  const body = JSON.stringify({ space, userA, userB });
  const signature = createHmac('sha256', secret).update(`${id}.${at}.${body}`).digest('base64');
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': at,
      'webhook-signature': `v1,${signature}`,
    },
    body,
    // Where the host sends us, nobody has looked whether it may be asked.
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await textOf(response);
  if (response.status !== 200) throw new Error(`the host answered ${response.status}`);
  const { allowed }: { allowed?: unknown } = JSON.parse(text);
  if (typeof allowed !== 'boolean') throw new Error('the host did not say whether it is allowed');
  return allowed;
}

/** @throws Error for more than a host has to say; the rest is not read */
async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > answerBytesMax) throw new Error('the host says too much');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Lets so many do something at a time; a few more wait, and others are turned away. */
function createTurns() {
  const waiting: (() => void)[] = [];
  let inFlight = 0;
  return {
    async take<T>(work: () => Promise<T>): Promise<T> {
      if (waiting.length >= waitingMax) throw new Error('too many questions wait for this host');
      if (inFlight >= inFlightMax) await new Promise<void>((turn) => waiting.push(turn));
      else inFlight += 1;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else inFlight -= 1;
      }
    },
  };
}
