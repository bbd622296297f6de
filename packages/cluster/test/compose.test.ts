import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { developmentPassword, Environment, loadSpaces, portVariable } from '@parley/node-kit';
import { connectionsMax } from '@parley/store-postgres';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { forPeople } from '../src/doctor/checks/postgres-connections.ts';
import { projectRoot } from '../src/project-root.ts';
import { slotsOf } from '../src/setting.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const compose = read('docker-compose.yml');
const dockerfile = read('infra/docker/Dockerfile');

type Node = { environment: Record<string, string | null>; env_file: { path: string }[] };
const { 'x-node': node } = parse(compose) as { 'x-node': Node };
const known = Object.keys(Environment.properties);
const given = Object.keys(node.environment);
const built = [...dockerfile.matchAll(/^ENV (.*)$/gm)].flatMap(([, line = '']) => line.match(/\w+(?==)/g) ?? []);
const passed = read('infra/docker/shell.env').match(/^\w+$/gm) ?? [];

describe('docker-compose.yml', () => {
  it('runs HAProxy with the haproxy.cfg of the root', () => {
    const balancer = block(compose, 'services', 'haproxy');
    expect(balancer).toMatch(/command: \[.haproxy., .-f., .\/parley\/haproxy\.cfg.\]/);
    expect(balancer).toContain('- ./haproxy.cfg:/parley/haproxy.cfg:ro');
  });

  it('gives HAProxy no variable that haproxy.cfg does not read', () => {
    const given = keys(block(compose, 'services', 'haproxy', 'environment'));
    const config = read('haproxy.cfg').replaceAll(/#.*$/gm, '');
    expect(given).toContain('PARLEY_DNS');
    expect(given.filter((name) => !config.includes(`\${${name}`))).toEqual([]);
  });

  it('gives the nodes no variable that they do not know', () => {
    expect(given).toContain('DATABASE_URL');
    expect(built).toContain('PARLEY_PRIVATE_PORT');
    expect(passed).toContain('WORKERS');
    expect([...given, ...built, ...passed].filter((name) => name !== 'CI' && !known.includes(name))).toEqual([]);
  });

  it('gives the nodes every variable that they know, its own or that of the shell, also beside secrets.env', () => {
    const files = node.env_file.map(({ path }) => path);
    // The last file wins, and what compose sets itself wins over all of them.
    expect(files).toEqual(['.parley/secrets.env', 'infra/docker/shell.env']);
    expect(passed.filter((name) => given.includes(name))).toEqual([]);
    // Replicas are told apart by an id of their own; a file is named where it is mounted (infra/docker/README.md).
    const left = known.filter((name) => name !== 'PARLEY_NODE_ID' && !name.endsWith('_FILE'));
    expect(left.filter((name) => ![...given, ...built, ...passed].includes(name))).toEqual([]);
  });

  it('has one password of development, which its page replaces in production', () => {
    const defaults = [...compose.matchAll(/\$\{(\w*PASSWORD):-(.*?)\}/g)];
    const names = new Set(defaults.map(([, name = '']) => name));
    expect(new Set(defaults.map(([, , value]) => value))).toEqual(new Set([developmentPassword]));
    expect(names).toEqual(new Set(['POSTGRES_PASSWORD', 'GRAFANA_PASSWORD']));
    const [command = ''] =
      /^NODE_ENV=production [\s\S]*?docker compose up.*$/m.exec(read('infra/docker/README.md')) ?? [];
    for (const name of names) expect(command).toContain(` ${name}=$(openssl rand -hex 24) `);
  });

  it('can say what production demands: TLS at HAProxy or before it, and nodes that insist on it', () => {
    const balancer = block(compose, 'services', 'haproxy');
    expect(values(block(compose, 'x-node', 'environment'))['PARLEY_TLS']).toBe('${PARLEY_TLS:-off}');
    expect(values(balancer)['PARLEY_FORWARDED_PROTO']).toBe('${PARLEY_FORWARDED_PROTO:-http}');
    expect(values(balancer)['PARLEY_TLS_CERT']).toBe('${PARLEY_TLS_CERT:+/parley/tls}');
    expect(items(block(compose, 'services', 'haproxy', 'volumes'))).toContain(
      '${PARLEY_TLS_CERT:-/dev/null}:/parley/tls:ro',
    );
  });

  it('finds the nodes at the ports on which their images listen', () => {
    const { PARLEY_DNS_SOCKET, PARLEY_DNS_API, PARLEY_PRIVATE_PORT } = values(
      block(compose, 'services', 'haproxy', 'environment'),
    );
    expect(dockerfile).toContain(`PARLEY_PORT=${PARLEY_DNS_SOCKET?.split(':')[1]} `);
    expect(PARLEY_DNS_API?.split(':')[1]).toBe(PARLEY_DNS_SOCKET?.split(':')[1]);
    expect(dockerfile).toContain(`PARLEY_PRIVATE_PORT=${PARLEY_PRIVATE_PORT} `);
  });

  it('has a PostgreSQL that takes as many nodes as HAProxy has slots, as its settings elsewhere do', () => {
    const nodes = slotsOf.api.length + slotsOf.socket.length;
    // Three are kept for superusers.
    const wanted = nodes * connectionsMax + forPeople + 3;
    for (const path of [
      'docker-compose.yml',
      'infra/postgres/postgresql.conf',
      'infra/kubernetes/try-out/stores.yaml',
    ]) {
      const max = Number(/^[^#]*max_connections ?= ?(\d+)/m.exec(read(path))?.[1]);
      expect(max, path).toBeGreaterThanOrEqual(wanted);
    }
  });

  it('opens the port of every space, on loopback until told otherwise', () => {
    const published = items(block(compose, 'services', 'haproxy', 'ports'));
    const spaces = [...loadSpaces(join(projectRoot, 'infra/spaces.json'), {}).values()];
    const wanted = spaces.map(
      ({ name, port }) => `\${PARLEY_LISTEN:-127.0.0.1}:\${${portVariable(name)}:-${port}}:${port}`,
    );
    expect(published).toEqual([...wanted, '127.0.0.1:${PARLEY_PORT_STATS:-8404}:8404']);
  });
});

describe('an image', () => {
  const carried = reachable(['socket-node', 'api-node']);

  it('holds the JavaScript of every package that its node depends on', () => {
    const listed = /for package in (.*); do/.exec(read('infra/docker/build.sh'))?.[1]?.split(' ') ?? [];
    expect(listed.toSorted()).toEqual([...carried].toSorted());
  });

  it('holds the folders beside src/ that its packages read', () => {
    const besides = [...carried].flatMap((name) =>
      sourcesOf(name).flatMap((text) =>
        [...text.matchAll(/new URL\([`']\.\.\/([\w-]+)\//g)].map(([, folder]) => ({ name, folder })),
      ),
    );
    expect(besides).toContainEqual({ name: 'presence-redis', folder: 'lua' });
    for (const { name, folder } of besides) expect(manifest(name).files).toContain(folder);
  });

  it('runs as a user who is not root', () => {
    const last = dockerfile.slice(dockerfile.indexOf(' AS node\n'));
    expect(last).toMatch(/^USER node$/m);
    expect(last).not.toMatch(/^USER (?!node$)/m);
  });
});

/** The lines below these keys, whichever their depth: all of YAML that this file needs. */
function block(yaml: string, ...path: string[]): string {
  let lines = yaml.split('\n');
  for (const key of path) {
    const start = lines.findIndex((line) => line.trimStart().split(/:(?: |$)/)[0] === key);
    if (start < 0) throw new Error(`docker-compose.yml has no ${path.join('.')}`);
    const depth = indentOf(lines[start] ?? '');
    const rest = lines.slice(start + 1);
    const end = rest.findIndex((line) => line.trim() !== '' && indentOf(line) <= depth);
    lines = end < 0 ? rest : rest.slice(0, end);
  }
  return lines.join('\n');
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function values(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/^ *(\w+): (.*)$/gm)];
  return Object.fromEntries(pairs.map(([, key = '', value = '']) => [key, value]));
}

function keys(text: string): string[] {
  return Object.keys(values(text));
}

function items(text: string): string[] {
  return [...text.matchAll(/^ *- (.*)$/gm)].map(([, item = '']) => item);
}

type Manifest = { dependencies?: Record<string, string>; files?: string[] };

function manifest(name: string): Manifest {
  return JSON.parse(read(`packages/${name}/package.json`)) as Manifest;
}

/** These packages of ours, and all that they need to run. */
function reachable(names: readonly string[], found = new Set<string>()): Set<string> {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    const needs = Object.keys(manifest(name).dependencies ?? {}).filter((each) => each.startsWith('@parley/'));
    reachable(
      needs.map((each) => each.slice('@parley/'.length)),
      found,
    );
  }
  return found;
}

function sourcesOf(name: string): string[] {
  const folder = join(projectRoot, 'packages', name, 'src');
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.map((file) => readFileSync(join(folder, file), 'utf8'));
}
