import { start, Trouble } from '@parley/cluster';
import { mintToken, type Space } from '@parley/node-kit';
import type { Role } from '@parley/protocol';
import type { Dialect } from '../scenarios/dialects.ts';
import type { Contract, Seat, Size } from '../scenarios/plan.ts';

type Wanted = { baseUrl: string; space: Space; contract: Contract; size: Size };

/** Requests under way at once: preparing must not be the load. */
const parallel = 8;
const retriesMax = 40;
/** What one admin, or one owner, may write before the budget of the space stops them for seconds. */
const writesPerAdmin = 100;
/** Members that one command may add. */
const membersMax = 500;

/** What the two of a conversation must be before they may talk in a contract; natively, there are groups. */
const pairs: Record<Dialect, { second: Role; link?: 'assignment' | 'booking' }> = {
  'alien-fit': { second: 'agent' },
  'trainer-chat': { second: 'agent', link: 'assignment' },
  'tutor-go': { second: 'user', link: 'booking' },
  'direct-chat': { second: 'user' },
  'precious-jewellery': { second: 'user' },
};

/**
 * Makes users and their conversations through the cluster's own HTTP API, as the product that owns the space would.
 * Every run has users of its own, so that runs neither meet nor grow each other's inboxes.
 * @throws Trouble when no cluster answers or it refuses
 */
export async function prepare({ baseUrl, space, contract, size: { clients, roomSize } }: Wanted): Promise<Seat[]> {
  if (space.tokens.key.from !== 'secret') {
    throw new Trouble(`The space "${space.name}" trusts a key set: nobody but its product can sign tokens.`, [
      'PARLEY_SPACES=<a file of spaces in which it has a secret>, for the cluster too',
    ]);
  }
  const run = Date.now();
  const pair = contract === 'native' ? undefined : pairs[contract];
  const people = Array.from({ length: clients }, (_, i) => {
    // A number as text, which is what direct-chat's users have.
    const userId = `1${String(run).slice(-8)}${String(i).padStart(6, '0')}`;
    const role = pair && i % 2 === 1 ? pair.second : 'user';
    return { sender: i, userId, role, token: mintToken(space, { userId, role }) };
  });
  const admins = Array.from({ length: Math.ceil(clients / writesPerAdmin) }, (_, i) =>
    mintToken(space, { userId: `loadtest-${run}-admin-${i}`, role: 'admin' }),
  );
  const adminOf = (i: number): string => admins[Math.floor(i / writesPerAdmin)]!;
  await inParallel(people, ({ userId, role }, i) =>
    call(baseUrl, 'PUT', `/v1/users/${userId}`, adminOf(i), { name: userId, role }),
  );
  const rooms = Array.from({ length: Math.ceil(clients / roomSize) }, (_, i) =>
    people.slice(i * roomSize, (i + 1) * roomSize),
  );
  const seats = await inParallel(rooms, async (members, room) => {
    const ids = members.map(({ userId }) => userId);
    if (pair?.link) await link(baseUrl, adminOf(room * roomSize), ids, pair.link);
    const conversationId = pair ? ids.join('-') : await open(baseUrl, `Load test ${run}`, members);
    return members.map(({ sender, userId, token }): Seat => {
      const peerIds = ids.length > peersMax ? [] : ids.filter((id) => id !== userId);
      return { sender, userId, token, conversationId, peerIds };
    });
  });
  return seats.flat();
}

/** Nobody watches more; and the seats of a large conversation would each carry all others. */
const peersMax = 100;

async function link(baseUrl: string, admin: string, [a, b]: readonly string[], kind: string): Promise<void> {
  await call(baseUrl, 'PUT', `/v1/links/${a}/${b}`, admin, { kind, status: 'confirmed' });
}

type Person = { userId: string; token: string };

async function open(baseUrl: string, title: string, [owner, ...others]: readonly Person[]): Promise<string> {
  const ids = others.map(({ userId }) => userId);
  const body = { title, memberIds: ids.slice(0, membersMax) };
  const { conversation } = (await call(baseUrl, 'POST', '/v1/conversations', owner!.token, body)) as Created;
  for (let from = membersMax; from < ids.length; from += membersMax) {
    const userIds = ids.slice(from, from + membersMax);
    await call(baseUrl, 'POST', `/v1/conversations/${conversation.id}/members`, owner!.token, { userIds });
  }
  return conversation.id;
}

type Created = { conversation: { id: string } };

/** Tokens are signed here, as the product that owns the space would. */
const whoIsTrusted = [
  "The address has to be that of the scenario's own space: --url <its base URL>",
  "And the space has to trust us: PARLEY_SPACES=<the cluster's own file of spaces>, with the variables that it names",
];

async function call(baseUrl: string, method: string, path: string, token: string, body: object): Promise<unknown> {
  const url = new URL(path, baseUrl);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(url, { method, headers, body: JSON.stringify(body) }).catch((cause: unknown) => {
      throw new Trouble(`No cluster answers at ${baseUrl}.`, [start(), 'Or name another: --url <url>'], cause);
    });
    if (answer.ok) return answer.json();
    const text = await answer.text();
    if (answer.status !== 429 || tries === retriesMax) {
      throw new Trouble(
        `${method} ${url.href} was refused with ${answer.status}: ${text.slice(0, 300)}`,
        answer.status === 401 ? whoIsTrusted : [],
      );
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 500);
    await promise;
  }
}

/** Answers in the order of what was given. */
async function inParallel<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (next < items.length) {
        const index = next;
        next += 1;
        results[index] = await work(items[index]!, index);
      }
    }),
  );
  return results;
}
