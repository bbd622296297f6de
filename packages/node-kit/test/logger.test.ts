import { createLogger, inBackground } from '@parley/node-kit';
import { until } from '@parley/testkit';
import { describe, expect, it } from 'vitest';

function listen() {
  const lines: Record<string, unknown>[] = [];
  const config = { nodeId: 'n1', slot: 's1', logLevel: 'info' } as const;
  const log = createLogger(config, { write: (line) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

describe('the log', () => {
  it('names the node in every line', () => {
    const { log, lines } = listen();
    log.info('hello');
    expect(lines).toMatchObject([{ nodeId: 'n1', slot: 's1', msg: 'hello' }]);
  });

  it('shows neither tokens nor what people wrote, at any depth that we log', () => {
    const { log, lines } = listen();
    const secret = 'eyJhbGciOiJIUzI1NiJ9';
    log.info({ token: secret, auth: { token: secret }, handshake: { auth: { token: secret } } });
    log.info({ headers: { authorization: secret }, req: { headers: { authorization: secret, cookie: secret } } });
    log.info({ body: secret, message: { body: secret }, payload: { message: { body: secret } } });
    log.info({ address: secret, user: { email: secret } });
    // As ioredis and pg throw them: with the command and its arguments, with the row.
    log.info({ err: Object.assign(new Error('no'), { code: 'X1', command: { name: 'spublish', args: [secret] } }) });
    log.info({ err: Object.assign(new Error('no'), { detail: `Failing row contains (${secret})` }) });
    log.info({ err: new Error('outer', { cause: Object.assign(new Error('inner'), { detail: secret }) }) });
    expect(lines).toHaveLength(7);
    expect(lines[4]).toMatchObject({ err: { message: 'no', code: 'X1', stack: expect.any(String) } });
    expect(JSON.stringify(lines)).not.toContain(secret);
    expect(JSON.stringify(lines)).toContain('[redacted]');
  });

  it('hears what failed in the background, by its name', async () => {
    const { log, lines } = listen();
    inBackground(log, 'heads.refresh', Promise.reject(new Error('away')));
    await until(() => lines.length === 1, { what: 'the failure is logged' });
    expect(lines[0]).toMatchObject({ background: 'heads.refresh', err: { message: 'away' } });
  });
});
