import type { Talker } from './load.ts';
import type { PlainClient } from './plain-client.ts';
import type { Run } from './run.ts';

/** Many users in groups, each with one client: every other one repairs itself, and the others take what comes. */
export type Crowd = {
  names: readonly string[];
  groups: readonly string[];
  /** The clients that repair themselves, each with its group, as `talk` wants them. */
  talkers: readonly Talker[];
  plains: readonly PlainClient[];
};

const perGroupDefault = 10;

/** Resolves when everybody has a session. */
export async function gather(
  run: Run,
  { users, perGroup = perGroupDefault }: { users: number; perGroup?: number },
): Promise<Crowd> {
  const names = Array.from({ length: users }, (_, i) => `user${i}`);
  await run.users(...names);
  const groups = await Promise.all(
    Array.from({ length: Math.ceil(users / perGroup) }, (_, g) => {
      const [owner = '', ...others] = names.slice(g * perGroup, (g + 1) * perGroup);
      return run.group(owner, ...others);
    }),
  );
  const groupOf = (i: number) => groups[Math.floor(i / perGroup)] ?? '';
  const talkers = names.flatMap((name, i) =>
    i % 2 === 0 ? [{ client: run.sdk(name), conversationId: groupOf(i) }] : [],
  );
  const plains = names.flatMap((name, i) => (i % 2 === 1 ? [run.plain(name)] : []));
  await Promise.all([...talkers.map(({ client }) => client.caughtUp()), ...plains.map((client) => run.ready(client))]);
  return { names, groups, talkers, plains };
}

/** The slot of the node that somebody's session is on, such as `s2`. */
export function nodeOf(client: PlainClient | Talker['client']): string | undefined {
  // The id of a session begins with the slot wherever nodes run; a node's own name does where it was told its slot.
  const id = 'socket' in client ? client.ready && client.socket.io.engine.id : nodeIdOf(client);
  return id ? id.slice(0, 2) : undefined;
}

/** The name of the node that somebody's session is on: equal for both kinds of clients, wherever nodes run. */
export function nodeIdOf(client: PlainClient | Talker['client']): string | undefined {
  if ('socket' in client) return client.ready?.nodeId;
  return client.state.name === 'online' ? client.state.nodeId : undefined;
}
