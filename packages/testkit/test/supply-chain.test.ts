import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../src/structure/project.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-supply-chain-'));
const hole = { id: 1, url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc', title: 'a hole', severity: 'high' };

/** A registry that knows one hole, in every fastify, and has a part that takes no questions. */
const registry = createServer((request, response) => {
  if (request.url?.startsWith('/closed/')) return void response.writeHead(405).end();
  const known = { fastify: [{ ...hole, vulnerable_versions: '<99.0.0' }] };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(known));
});
beforeAll(async () => {
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
});
afterAll(() => {
  registry.close();
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

async function run(script: string, args: readonly string[], env: Record<string, string> = {}) {
  const path = join(projectRoot, 'infra/supply-chain', script);
  const child = spawn(process.execPath, [path, ...args], { env: { ...process.env, ...env } });
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code, out };
}

describe('what we take from others', () => {
  it('has no known hole, but for those that are excepted until a day that has not come', async () => {
    const { port } = registry.address() as AddressInfo;
    const PARLEY_AUDIT_REGISTRY = `http://127.0.0.1:${port}/`;
    const excepted = (until: string) => file(until, `# why\nGHSA-aaaa-bbbb-cccc ${until} it does not reach us\n`);
    const [later, past, nobody] = await Promise.all([
      run('audit.mjs', [excepted('2999-01-01')], { PARLEY_AUDIT_REGISTRY }),
      run('audit.mjs', [excepted('2020-01-01')], { PARLEY_AUDIT_REGISTRY }),
      run('audit.mjs', [], { PARLEY_AUDIT_REGISTRY: `${PARLEY_AUDIT_REGISTRY}closed/` }),
    ]);
    expect(later).toEqual({ code: 0, out: '✓ no known hole, 1 excepted\n' });
    expect(past).toMatchObject({
      code: 1,
      out: expect.stringMatching(/✗ high fastify: a hole \(GHSA-aaaa-bbbb-cccc\)/),
    });
    expect(nobody).toMatchObject({ code: 75, out: expect.stringMatching(/the registry could not be asked/) });
  });

  it('has licences that are on the list', async () => {
    const listed = file('licences.json', JSON.stringify({ MIT: [{ name: 'a' }], 'AGPL-3.0': [{ name: 'b' }] }));
    const allowed = join(projectRoot, 'infra/supply-chain/licences.txt');
    expect(await run('licences.mjs', [listed, allowed])).toEqual({ code: 1, out: '✗ AGPL-3.0: b\n' });
    expect(await run('licences.mjs', [file('ours.json', '{"MIT":[]}'), allowed])).toMatchObject({ code: 0 });
  });
});
