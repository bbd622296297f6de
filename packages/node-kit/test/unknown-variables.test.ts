import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unknownVariables } from '@parley/node-kit';
import { isTest, readProject } from '@parley/testkit';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'parley-variables-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const spacesFile = join(folder, 'spaces.json');
const space = { dialect: 'native', tokens: { secretEnv: 'PARLEY_SECRET_MAIN' } };
writeFileSync(spacesFile, JSON.stringify({ spaces: { main: space, 'tutor-go': space } }));
const unknown = (env: Record<string, string>, path = spacesFile) => unknownVariables(env, path);

describe('a variable that nothing reads', () => {
  it.each([
    ['PARLEY_PROT', 'PARLEY_PORT'],
    ['PARLEY_DRAIN', 'PARLEY_DRAIN_MS'],
    ['PARLEY_FILE_SECRET', 'PARLEY_FILES_SECRET'],
    ['PARLEY_LOGLEVEL', 'PARLEY_LOG_LEVEL'],
    ['PARLEY_TSL_CERT', 'PARLEY_TLS_CERT'],
    ['PARLEY_PORT_MIAN', 'PARLEY_PORT_MAIN'],
    ['PARLEY_PORT_TUTORGO', 'PARLEY_PORT_TUTOR_GO'],
    ['PARLEY_SECRETS_MAIN', 'PARLEY_SECRET_MAIN'],
    ['PARLEY_WORKERS', 'WORKERS'],
    ['PARLEY_DATABASE_URL', 'DATABASE_URL'],
  ])('is told, as %s with %s', (name, meant) => {
    expect(unknown({ [name]: 'x' })).toEqual([`${name} is read by nothing: is ${meant} meant?`]);
  });

  it('is told without a guess where no name comes close', () => {
    const remedy = 'is read by nothing: infra/environment.md lists what there is';
    expect(unknown({ PARLEY_FOO: 'x', PARLEY_GREETING: 'x' })).toEqual([
      `PARLEY_FOO ${remedy}`,
      `PARLEY_GREETING ${remedy}`,
    ]);
  });

  it('is none that a node, HAProxy, the command or the file of spaces reads, is set to nothing, or is not of ours', () => {
    const known = ['PARLEY_PORT', 'PARLEY_FILES_SECRET_FILE', 'PARLEY_DNS_API', 'PARLEY_PASSWORD', 'PARLEY_PORT_MAIN'];
    const ofSpaces = ['PARLEY_PORT_TUTOR_GO', 'PARLEY_SECRET_MAIN', 'PARLEY_SECRET_MAIN_FILE'];
    const env = Object.fromEntries([...known, ...ofSpaces].map((name) => [name, 'x']));
    expect(unknown({ ...env, PARLEY_PROT: '', NODE_EVN: 'x' })).toEqual([]);
  });

  it('is none with which Kubernetes tells of a Service of this name', () => {
    const links = {
      PARLEY_PORT: 'tcp://10.0.0.7:80',
      PARLEY_PORT_80_TCP: 'tcp://10.0.0.7:80',
      PARLEY_PORT_80_TCP_ADDR: '10.0.0.7',
      PARLEY_PORT_80_TCP_PORT: '80',
      PARLEY_PORT_80_TCP_PROTO: 'tcp',
      PARLEY_SERVICE_HOST: '10.0.0.7',
      PARLEY_SERVICE_PORT: '80',
      PARLEY_SERVICE_PORT_HTTP: '80',
      PARLEY_HAPROXY_PORT: 'tcp://10.0.0.8:8404',
      PARLEY_HAPROXY_SERVICE_HOST: '10.0.0.8',
    };
    expect(unknown(links)).toEqual([]);
  });

  it('is not guessed among those of spaces while their file cannot be read', () => {
    const env = { PARLEY_PORT_OTHER: '1', PARLEY_SECRET_OTHER: 'x', PARLEY_SPACE: 'x' };
    expect(unknown(env, join(folder, 'gone.json'))).toEqual([
      'PARLEY_SPACE is read by nothing: is PARLEY_SPACES meant?',
    ]);
  });
});

describe('the names that are known', () => {
  const { files, root } = readProject();
  const names = (text: string) => text.match(/\bPARLEY_[A-Z0-9_]*[A-Z0-9]\b(?!_)/g) ?? [];
  const readInTests = (text: string) => names((text.match(/\bprocess\.env\['PARLEY_\w+/g) ?? []).join(' '));

  it('are all that the project reads, and none besides', () => {
    const about = /unknown-variables|variables-of-spaces/;
    const used = new Set(
      files
        .filter(({ path }) => !about.test(path) && !path.endsWith('.md'))
        .flatMap((file) => (isTest(file) ? readInTests(file.text) : names(file.text))),
    );
    const env = Object.fromEntries([...used].map((name) => [name, 'x']));
    expect(used).toContain('PARLEY_DNS_SOCKET');
    const spaces = join(root, 'infra/spaces.json');
    // Proofs and examples have spaces of their own.
    expect(unknown(env, spaces).filter((told) => !told.startsWith('PARLEY_SECRET_'))).toEqual([]);

    const list = files.find(({ path }) => path.endsWith('src/unknown-variables.ts'))?.text ?? '';
    const [, table = ''] = /readElsewhere: [^{]+\{(.*?)\n\};/s.exec(list) ?? [];
    const listed = (table.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? []).map((name) => `PARLEY_${name}`);
    expect(listed).toContain('PARLEY_DNS_SOCKET');
    expect(listed.filter((name) => !used.has(name))).toEqual([]);
  });
});
