import { randomBytes, randomUUID } from 'node:crypto';
import type { Client, ClientOptions } from '@parley/client';
import {
  check,
  createRecorder,
  type History,
  type Member,
  type Page,
  readDatabase,
  recordedSdk,
  seenOf,
  type Unread,
  type Violation,
} from '@parley/cluster/recording';
import { limits, parseConversationId, staffId } from '@parley/protocol';
import { until } from '@parley/testkit';
import { onTestFinished } from 'vitest';
import { chaosProxy, type ChaosProxy } from './chaos/proxy.ts';
import { type DialectClient, dialectClient, type Tongue } from './dialect-client.ts';
import { callHttp } from './http-client.ts';
import { type PlainClient, plainClient } from './plain-client.ts';
import type { SharedClusterView } from './setup/cluster.ts';

type SdkOptions = Partial<Omit<ClientOptions, 'token'>> & { token?: string };
type PlainOptions = Partial<Omit<Parameters<typeof plainClient>[1], 'userId' | 'name'>>;

/** I8: how long everybody may take to have everything, once a fault is over. */
const convergeWithinMs = 10_000;

/**
 * One recorded run in the shared cluster, with users and conversations of its own, so that runs do not see each other.
 * What it opened is closed when the test ends.
 */
export function createRun(
  cluster: SharedClusterView,
  space = 'main',
  userIdOf = (name: string, mark: string) => `${name}-${mark}`,
) {
  const mark = randomBytes(4).toString('hex');
  const recorder = createRecorder();
  const conversationIds = new Set<string>();
  const former: Member[] = [];
  const closers: (() => unknown)[] = [];
  onTestFinished(async () => void (await Promise.all(closers.map((close) => close()))));

  const userId = (name: string) => userIdOf(name, mark);
  const url = cluster.urls[space] ?? cluster.url;
  const agents = new Set<string>();
  const tokenOf = (id: string) => cluster.token(id, { space, ...(agents.has(id) && { role: 'agent' }) });
  const token = (name: string) => tokenOf(userId(name));
  const over = (name: string) => ({ url, token: token(name) });

  /** A user may have several clients; each has a name of its own. */
  const nameOf = (name: string, kind: string) => `${userId(name)}-${kind}-${closers.length}`;

  const run = {
    recorder,
    userId,
    token,
    /** A token makes its user exist, but only once it was used. */
    async users(...names: string[]): Promise<void> {
      await Promise.all(names.map((name) => callHttp(over(name), 'conversation.list', { limit: 1 })));
    },
    /** Some of the pool that answers in support threads. */
    async agents(...names: string[]): Promise<void> {
      for (const name of names) agents.add(userId(name));
      await run.users(...names);
    },
    /** The support thread of a user. */
    async thread(name: string): Promise<string> {
      return keep(await callHttp(over(name), 'support.open', {}));
    },
    async group(owner: string, ...others: string[]): Promise<string> {
      const input = { title: `A group of ${mark}`, memberIds: others.map(userId) };
      const made = await callHttp(over(owner), 'conversation.create', input);
      return keep(made);
    },
    async direct(name: string, peer: string): Promise<string> {
      return keep(await callHttp(over(name), 'conversation.open', { peerId: userId(peer) }));
    },
    /** Takes a conversation that the test made by itself into the verdict. */
    follow(conversationId: string): string {
      conversationIds.add(conversationId);
      return conversationId;
    },
    sdk(name: string, options: SdkOptions = {}): Client {
      const client = recordedSdk(recorder, {
        ...over(name),
        userId: userId(name),
        name: nameOf(name, 'sdk'),
        ...options,
      });
      closers.push(() => client.close());
      return client;
    },
    plain(name: string, options: PlainOptions = {}): PlainClient {
      const client = plainClient(recorder, {
        ...over(name),
        userId: userId(name),
        name: nameOf(name, 'plain'),
        ...options,
      });
      closers.push(() => client.close());
      return client;
    },
    /** A client of another contract, that of the space, who talks with one peer. */
    dialect(
      tongue: Tongue,
      name: string,
      { peer, conversationId }: { peer: string; conversationId: string },
    ): DialectClient {
      const who = { ...over(name), userId: userId(name), name: nameOf(name, tongue.space) };
      const peerId = peer === staffId ? staffId : userId(peer);
      const client = dialectClient(recorder, tongue, { ...who, peerId, conversationId, followed: conversationIds });
      closers.push(() => client.socket.disconnect());
      return client;
    },
    /** A way to the cluster that can be hurt, for one client. */
    async proxy(): Promise<ChaosProxy & { url: string }> {
      const { hostname: host, port } = new URL(cluster.url);
      const proxy = await chaosProxy({ host, port: Number(port) });
      closers.push(() => proxy.close());
      return Object.assign(proxy, { url: `http://127.0.0.1:${proxy.port}` });
    },
    /** Resolves when a plain client's session is there. */
    async ready(client: PlainClient) {
      return until(() => client.ready, { what: `${client.name} has a session`, withinMs: 10_000 });
    },
    /** A command over HTTP by the product that the space belongs to. */
    host: <N extends Parameters<typeof callHttp>[1]>(command: N, input: Parameters<typeof callHttp<N>>[2]) =>
      callHttp({ url, token: cluster.token(userId('host'), { space, role: 'admin' }) }, command, input),
    /** A command over HTTP by one of the users. */
    http: <N extends Parameters<typeof callHttp>[1]>(
      name: string,
      command: N,
      input: Parameters<typeof callHttp<N>>[2],
    ) => callHttp(over(name), command, input),
    /** One recorded try of a send over HTTP. */
    async post(name: string, conversationId: string, body: string, clientId: string = randomUUID()) {
      const attempt = {
        client: `${userId(name)}-http`,
        userId: userId(name),
        session: 0,
        conversationId,
        clientId,
        body,
      };
      const end = recorder.send(attempt);
      const answer = await callHttp(over(name), 'message.send', { conversationId, clientId, body });
      if (answer.ok) end({ type: 'ok', id: answer.body.id, seq: answer.body.seq, duplicate: answer.body.duplicate });
      return answer;
    },
    /** Notes an interval that ended and that another one follows: the database keeps the latest only. */
    endedInterval: (interval: Member) => void former.push(interval),
    /**
     * Call it when nobody sends any more: waits until every client has everything (I8), then asks HTTP and the database,
     * and decides.
     */
    async verdict({
      withinMs = convergeWithinMs,
    } = {}): Promise<{ violations: Violation[]; history: History; convergedMs: number }> {
      const startedAt = performance.now();
      const nos = [...conversationIds].flatMap((id) => parseConversationId(id) ?? []);
      const database = await readDatabase(cluster.databaseUrl, { space, nos }, former);
      const soFar = (): History => ({ ...recorder.recorded(), pages: [], unread: [], database });
      const missing = () => check(soFar()).filter(({ invariant }) => invariant === 'I5');
      const allConverge = () =>
        until(() => missing().length === 0, { what: 'all clients converge', withinMs }).then(
          () => true,
          () => false,
        );
      const converged = await allConverge();
      const convergedMs = performance.now() - startedAt;

      const readers = database.members.flatMap(({ userId: id, conversationId }) =>
        (id === staffId ? [...agents] : [id]).map((reader) => ({ reader, conversationId })),
      );
      const seen = await Promise.all(
        [...Map.groupBy(readers, ({ reader }) => reader)].map(([id, read]) =>
          viewOver({ url, token: tokenOf(id) }, id, read),
        ),
      );
      // A client may have met a conversation only meanwhile, and be on its way to the first message of it.
      const stillConverged = await allConverge();
      const history = {
        ...soFar(),
        pages: seen.flatMap(({ pages }) => pages),
        unread: seen.flatMap(({ unread }) => unread),
      };
      const late: Violation[] =
        converged && stillConverged ? [] : [{ invariant: 'I8', message: `not converged within ${withinMs} ms` }];
      return { violations: [...late, ...check(history)], history, convergedMs };
    },
  };

  function keep(answer: Awaited<ReturnType<typeof callHttp<'conversation.open'>>>): string {
    if (!answer.ok) throw new Error(`no conversation: ${JSON.stringify(answer.error)}`);
    const { id } = answer.body.conversation;
    return run.follow(id);
  }
  return run;
}

export type Run = ReturnType<typeof createRun>;

/** Everything that one user can see over HTTP, after the run. */
async function viewOver(
  over: Parameters<typeof callHttp>[0],
  userId: string,
  readable: readonly { conversationId: string }[],
): Promise<{ pages: Page[]; unread: Unread[] }> {
  const pages: Page[] = [];
  const unread: Unread[] = [];
  for (const { conversationId } of readable) {
    for (let afterSeq = 0, more = true; more; ) {
      const answer = await callHttp(over, 'history.page', { conversationId, afterSeq, limit: limits.pageMax });
      if (!answer.ok) throw new Error(`no history for ${userId}: ${JSON.stringify(answer.error)}`);
      const { messages } = answer.body;
      pages.push({ userId, messages: messages.filter(({ deletedAt }) => deletedAt === undefined).map(seenOf) });
      afterSeq = messages.at(-1)?.seq ?? afterSeq;
      ({ more } = answer.body);
    }
    const answer = await callHttp(over, 'conversation.get', { conversationId });
    if (answer.ok) unread.push({ userId, conversationId, unread: answer.body.conversation.unread });
  }
  return { pages, unread };
}
