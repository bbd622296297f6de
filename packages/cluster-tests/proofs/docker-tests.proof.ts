import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePorts, openProject, root } from '../src/compose.ts';

// Needs a Docker engine, and fails without one: nothing here is tried on anything else.

/** What promises that messages arrive, in each contract. Those that change a node's environment or give orders of `parley` cannot run here. */
const arriving =
  'connecting first-moments garbage one-order removed-sender resuming spaces tokens transcripts two-ways';
const products = 'alien-fit direct-chat mixed-dialects precious-jewellery reactions talk-rules tutor-go';
const failing = 'draining killed-node postgres redis slow-client stalled-node subscribers';
/** Reads a node's slot out of its name, which begins with one of its own here. */
const elsewhere = /whose slot begins its id/;

const versions = [
  {
    haproxy: 'haproxy:3.2',
    postgres: 'postgres:18',
    redis: 'redis:8',
    tests: `${arriving} ${products} ${failing}`,
  },
  {
    haproxy: 'haproxy:2.6',
    postgres: 'postgres:17',
    redis: 'redis:7',
    tests: 'connecting draining killed-node two-ways',
  },
];

describe('the cluster tests, against what compose runs', () => {
  for (const { tests, ...images } of versions) {
    it(`pass on ${Object.values(images).join(', ')}`, async () => {
      const run = mkdtempSync(join(tmpdir(), 'parley-compose-'));
      chmodSync(run, 0o777);
      const override = join(run, 'versions.json');
      const services = Object.fromEntries(Object.entries(images).map(([service, image]) => [service, { image }]));
      // In the volume, where an image before 18 does not put it by itself.
      const postgres = { ...services['postgres'], environment: { PGDATA: '/var/lib/postgresql/tests' } };
      writeFileSync(override, JSON.stringify({ services: { ...services, postgres } }));
      const ports = await freePorts();
      const files = [join(root, 'infra/docker/tests.yml'), override];
      const { compose, containers } = openProject('parley-tests', { files, env: { ...ports, PARLEY_RUN: run } });
      onTestFinished(async () => {
        await compose('down', '--volumes', '--timeout', '20');
        rmSync(run, { recursive: true, force: true });
      });
      await compose('up', '--build', '--detach', '--wait');
      const said = await Promise.all([
        compose('exec', '-T', 'haproxy', 'haproxy', '-v'),
        // Throws also where HAProxy only warns.
        compose('exec', '-T', 'haproxy', 'haproxy', '-dW', '-V', '-c', '-f', '/parley/haproxy.cfg'),
        compose('exec', '-T', 'postgres', 'postgres', '--version'),
        compose('exec', '-T', 'redis', 'redis-server', '--version'),
      ]);
      console.log(said.map((lines) => lines.split('\n')[0]).join('\n'));
      const { code, out } = await test(tests.split(' '), {
        PARLEY_URL: `http://127.0.0.1:${ports['PARLEY_PORT_MAIN']}`,
        PARLEY_RUN: run,
        COMPOSE_PROJECT_NAME: 'parley-tests',
      });
      console.log(out);
      console.log(`${(await containers()).length} containers at the end`);
      expect(code).toBe(0);
    });
  }
});

async function test(files: readonly string[], env: Readonly<Record<string, string>>) {
  const paths = files.map((name) => `packages/cluster-tests/test/${name}.test.ts`);
  const args = ['run', '--config', '.vitest.config.ts', '--project', 'cluster', '--reporter=verbose', ...paths];
  const pattern = ['--testNamePattern', `^((?!${elsewhere.source}).)*$`];
  const child = spawn(join(root, 'node_modules/.bin/vitest'), [...args, ...pattern], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  const [out, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  const lines = stripVTControlCharacters(`${out}${code === 0 ? '' : error}`).split('\n');
  return { code, out: lines.filter((line) => code !== 0 || /^\s*(✓|×|Test Files|Tests)/.test(line)).join('\n') };
}
