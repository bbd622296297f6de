import { join } from 'node:path';
import { type Cluster, openBalancer, type Slot } from '@parley/cluster';
import { developmentPassword, loadSpaces } from '@parley/node-kit';
import { until } from '@parley/testkit';
import { type Container, containersOf, docker, root } from '../compose.ts';

export type Hurtable = Omit<Cluster, 'token' | 'stop' | 'dir'>;

const servers = ['postgres', 'redis', 'haproxy'];
const endsWithinMs = 40_000;
const readyWithinMs = 60_000;

/**
 * The cluster that compose runs on this machine, for tests that know nothing of it: a node is called by the slot that it
 * has now. It is to be started with infra/docker/tests.yml besides.
 * @param url the base URL of space `main`, published on this machine
 * @param run the folder of HAProxy's runtime API
 */
export async function composedCluster(
  url: string,
  { project, run }: { project: string; run: string },
): Promise<Hurtable> {
  const admin = openBalancer(join(run, 'admin.sock'));
  const spacesPath = join(root, 'infra/spaces.json');
  const { published } = await serviceOf('haproxy');
  const urlOf = (port: number | undefined) => `http://127.0.0.1:${published.get(port ?? 0)}`;
  const urls = [...loadSpaces(spacesPath, {})].map(([name, { port }]) => [name, urlOf(port)] as const);
  const slots = await filled(admin);
  /** By the slots of now: a node that comes back may get another one, and keeps its name. */
  const names = new Map((await containersOf(project)).map((each) => [each.name, nameOf(each, slots)]));

  const find = async (id: string): Promise<Container> => {
    const found = (await containersOf(project)).find(({ name }) => names.get(name) === id);
    if (!found) throw new Error(`no container is ${id}`);
    return found;
  };
  const hasItsPlace = async (id: string) => {
    const { service, address, health } = await find(id);
    if (servers.includes(service)) return health === 'healthy';
    return (await admin.slots()).some((slot) => slot.address === address && slot.status.startsWith('UP'));
  };
  const pids = new Map<string, number | undefined>();
  const refresh = async () => {
    const containers = await containersOf(project);
    for (const { name, pid } of containers) pids.set(names.get(name) ?? '', pid);
    return containers;
  };
  let nodes = await describeAll();

  async function serviceOf(service: string): Promise<Container> {
    const found = (await containersOf(project)).find((each) => each.service === service);
    if (!found) throw new Error(`compose runs no ${service} in project ${project}`);
    return found;
  }

  async function describeAll() {
    const [containers, now] = [await refresh(), await admin.slots()];
    return containers.flatMap(({ service, name, address, pid }) => {
      if (service !== 'socket' && service !== 'api') return [];
      const id = names.get(name) ?? '';
      const slot = now.find((each) => each.address === address)?.slot ?? id;
      const host = `http://${address}:22001`;
      return [{ id, kind: service, slot, port: 22_001, privatePort: 23_001, pid, url: host } as const];
    });
  }

  return {
    url,
    urls: Object.fromEntries(urls),
    statsUrl: urlOf(8404),
    databaseUrl: `postgres://parley:${developmentPassword}@${(await serviceOf('postgres')).address}:5432/parley`,
    redisUrl: `redis://${(await serviceOf('redis')).address}:6379`,
    spacesPath,
    admin,
    nodes: () => nodes,
    pid: (id) => pids.get(id),
    async kill(id, signal = 'SIGKILL') {
      const { name, paused } = await find(id);
      // All processes of a container, also those that a server has forked.
      if (signal === 'SIGSTOP') return void (await docker('pause', name));
      if (signal === 'SIGCONT') return void (paused && (await docker('unpause', name)));
      await docker('kill', '--signal', signal, name);
      await until(async () => (await find(id)).pid === undefined, { what: `${id} has ended`, withinMs: endsWithinMs });
      nodes = await describeAll();
    },
    async restart(id) {
      const { name, pid } = await find(id);
      await docker(pid === undefined ? 'start' : 'restart', name);
      await until(() => hasItsPlace(id), { what: `${id} has its place`, withinMs: readyWithinMs });
      nodes = await describeAll();
    },
    obey: () => Promise.reject(new Error('nodes come and go by compose here')),
  };
}

type Balancer = ReturnType<typeof openBalancer>;

async function filled(admin: Balancer): Promise<Slot[]> {
  return (await admin.slots()).filter(({ status }) => status.startsWith('UP'));
}

function nameOf({ service, address }: Container, slots: readonly Slot[]): string {
  return slots.find((slot) => slot.address === address)?.slot ?? service;
}
