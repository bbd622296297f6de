import { mintToken, type Space } from '@parley/node-kit';
import { Trouble } from '@parley/cluster';

/** One client of a scenario. */
export type Seat = { userId: string; token: string; conversationId: string };

type Wanted = { baseUrl: string; space: Space; clients: number; roomSize: number };

/** Requests under way at once: preparing must not be the load. */
const parallel = 8;
const retriesMax = 20;

/**
 * Makes users and their conversations through the cluster's own HTTP API, as the product that owns the space would.
 * Every run has users of its own, so that runs neither meet nor grow each other's inboxes.
 * @throws Trouble when no cluster answers or it refuses
 */
export async function prepare({ baseUrl, space, clients, roomSize }: Wanted): Promise<Seat[]> {
  const run = Date.now().toString(36);
  const people = Array.from({ length: clients }, (_, i) => {
    const userId = `loadtest-${run}-${i}`;
    return { userId, token: mintToken(space, { userId, role: 'user' }) };
  });
  const admin = mintToken(space, { userId: `loadtest-${run}-admin`, role: 'admin' });
  await inParallel(people, ({ userId }) => call(baseUrl, 'PUT', `/v1/users/${userId}`, admin, { name: userId }));
  const rooms = Array.from({ length: Math.ceil(clients / roomSize) }, (_, i) =>
    people.slice(i * roomSize, (i + 1) * roomSize),
  );
  const seats = await inParallel(rooms, async ([owner, ...others]) => {
    const body = { title: `Load test ${run}`, memberIds: others.map(({ userId }) => userId) };
    const { conversation } = (await call(baseUrl, 'POST', '/v1/conversations', owner!.token, body)) as Created;
    return [owner!, ...others].map((person) => ({ ...person, conversationId: conversation.id }));
  });
  return seats.flat();
}

type Created = { conversation: { id: string } };

async function call(baseUrl: string, method: string, path: string, token: string, body: object): Promise<unknown> {
  const url = new URL(path, baseUrl);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(url, { method, headers, body: JSON.stringify(body) }).catch((cause: unknown) => {
      throw new Trouble(`No cluster answers at ${baseUrl}.`, ['pnpm start', 'Or name another: --url <url>'], cause);
    });
    if (answer.ok) return answer.json();
    const text = await answer.text();
    if (answer.status !== 429 || tries === retriesMax) {
      throw new Trouble(`${method} ${url.href} was refused with ${answer.status}: ${text.slice(0, 300)}`);
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 500);
    await promise;
  }
}

/** Answers in the order of what was given. */
async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (next < items.length) {
        const index = next;
        next += 1;
        results[index] = await work(items[index]!);
      }
    }),
  );
  return results;
}
