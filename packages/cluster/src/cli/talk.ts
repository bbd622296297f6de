import { createClient, memoryStorage, ParleyError } from '@parley/client';
import { Trouble } from '../trouble.ts';
import { inFolder, parley } from '../typed.ts';
import { tellHeard } from './heard.ts';
import { refused } from './refused.ts';
import { print } from './terminal.ts';
import { sign } from './token.ts';
import { urlOf, whichCluster } from './which-cluster.ts';

type Dir = { dir: string };

const PATIENCE_MS = 15_000;

/** A development token ends after a day; a terminal may stay open longer, so each connection gets a new one. */
function open(dir: string, space: string, userId: string, backlog: number) {
  const url = urlOf(whichCluster(dir), space);
  const mint = (): string => sign(dir, space, { userId, role: 'user' });
  // Once before: the SDK takes a failure for one that passes, and would try for ever.
  mint();
  const token = async (): Promise<string> => mint();
  return createClient({ url, token, storage: memoryStorage(), backlog });
}

/** Sends one message to a user and waits until it is committed. */
export async function send(space: string, from: string, to: string, body: string, { dir }: Dir): Promise<void> {
  const client = open(dir, space, from, 0);
  // The SDK would try for ever; a person would rather know.
  const impatience = setTimeout(() => void client.close(), PATIENCE_MS);
  try {
    const { seq, conversationId } = await client.send({ peerId: to, body });
    print(`stored as number ${seq} of conversation ${conversationId}`);
  } catch (error) {
    throw inWords(error, { dir, space, to });
  } finally {
    clearTimeout(impatience);
    await client.close();
  }
}

/** Prints what a user hears, one line a message or event, until the signal. */
export async function tail(
  space: string,
  userId: string,
  { dir, backlog }: Dir & { backlog: number },
  ended: AbortSignal,
): Promise<void> {
  const client = open(dir, space, userId, backlog);
  tellHeard(client, print);
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  client.on('state', (state) => {
    if (state.name === 'stopped') reject(inWords(state.error, { dir, space, to: userId }));
  });
  const interrupted = new Promise<void>((resolve) => ended.addEventListener('abort', () => resolve(), { once: true }));
  try {
    await Promise.race([stopped, interrupted]);
  } finally {
    await client.close();
  }
}

function inWords(error: unknown, { dir, space, to }: Dir & { space: string; to: string }): unknown {
  if (!(error instanceof ParleyError)) return error;
  if (error.code === 'closed')
    return new Trouble('No connection came about.', [parley('status', ...inFolder(dir))], error);
  return refused(error, error.code === 'not_found' ? [parley('user', 'create', space, to, ...inFolder(dir))] : []);
}
