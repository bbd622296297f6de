import { randomBytes } from 'node:crypto';
import type { Population } from '../system.ts';
import { path } from '../../generator/tinode.ts';
import { openWebSocket } from '../../generator/web-socket.ts';

/** Where one client sits. */
export type Place = { token: string; topic: string };

type Params = { token?: string; user?: string };
type Control = { id?: string; topic?: string; code: number; text: string; params?: Params };

const password = 'a-password-of-the-bench';
/** Each new account costs it a bcrypt. */
const atOnce = 4;

/** Makes accounts and topics as its clients do. @returns the places, in the order of the conversations */
export async function seedTinode(url: string, { clients, roomSize }: Population): Promise<Place[]> {
  const rooms = Array.from({ length: clients / roomSize }, (_, room) => room);
  const places: Place[][] = [];
  const worker = async (): Promise<void> => {
    for (let room = rooms.shift(); room !== undefined; room = rooms.shift()) {
      places[room] = await seedRoom(url, roomSize);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return places.flat();
}

async function seedRoom(url: string, roomSize: number): Promise<Place[]> {
  const people: Person[] = [];
  while (people.length < roomSize) people.push(await register(url));
  const topics = roomSize === 2 ? await pair(people) : await group(people);
  for (const { close } of people) close();
  return people.map(({ token }, i) => ({ token, topic: topics[i]! }));
}

type Person = Awaited<ReturnType<typeof register>>;

/** Each calls their topic by the other's name, and it is there when one has asked for it. @returns what each calls it */
async function pair([one, other]: readonly Person[]): Promise<string[]> {
  await one!.join(other!.user);
  return [other!.user, one!.user];
}

/** The first makes it, the others come in. @returns what each calls it: all the same */
async function group([owner, ...members]: readonly Person[]): Promise<string[]> {
  const topic = await owner!.makeGroup();
  for (const member of members) await member.join(topic);
  return [topic, ...members.map(() => topic)];
}

async function register(url: string) {
  const { ask, close } = await connect(url);
  await ask('hi', { ver: '0.25', ua: 'bench' });
  const secret = Buffer.from(`${randomBytes(8).toString('hex')}:${password}`).toString('base64');
  const account = await ask('acc', { user: 'new', scheme: 'basic', secret, login: true, tags: [], desc: {} });
  const { token = '', user = '' } = account.params ?? {};
  // Without notices of who is there.
  const silent = { desc: { defacs: { auth: 'JRW', anon: 'N' } }, sub: { mode: 'JRWO' } };
  return {
    token,
    user,
    close,
    join: async (topic: string) => void (await ask('sub', { topic })),
    makeGroup: async () => (await ask('sub', { topic: 'new', set: silent })).topic ?? '',
  };
}

/** @throws Error with what it said, where it refused or hung up */
async function connect(url: string) {
  const waiting = new Map<string, { resolve: (control: Control) => void; reject: (error: Error) => void }>();
  const opened = Promise.withResolvers<void>();
  let asked = 0;
  const socket = openWebSocket(
    `${url}${path}`,
    {},
    {
      opened: () => opened.resolve(),
      text(bytes, start, end) {
        const { ctrl } = JSON.parse(bytes.toString('utf8', start, end)) as { ctrl?: Control };
        const asker = waiting.get(ctrl?.id ?? '');
        if (!ctrl || !asker) return;
        if (ctrl.code < 300) asker.resolve(ctrl);
        else asker.reject(new Error(`Tinode said ${ctrl.code} ${ctrl.text}`));
      },
      closed(reason) {
        const error = new Error(`Tinode: ${reason}`);
        opened.reject(error);
        for (const { reject } of waiting.values()) reject(error);
      },
    },
  );
  await opened.promise;
  return {
    close: () => socket.close(),
    ask: (name: string, what: Record<string, unknown>): Promise<Control> => {
      const id = String((asked += 1));
      const answer = Promise.withResolvers<Control>();
      waiting.set(id, answer);
      socket.send(JSON.stringify({ [name]: { id, ...what } }));
      return answer.promise;
    },
  };
}
