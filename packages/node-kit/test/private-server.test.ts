import { createLogger, createMetrics, type PrivateServer, type Readiness, startPrivateServer } from '@parley/node-kit';
import { freePort } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const state = { readiness: 'ready' as Readiness, drains: 0, overMs: undefined as number | undefined };
const lines: string[] = [];
const log = createLogger({ nodeId: 'n1', slot: 's1', logLevel: 'error' }, { write: (line) => void lines.push(line) });
let server: PrivateServer;

beforeAll(async () => {
  server = await startPrivateServer({
    host: '127.0.0.1',
    port: await freePort(),
    registry: createMetrics().registry,
    log,
    ready: () => state.readiness,
    onDrain: (overMs) => {
      state.drains += 1;
      state.overMs = overMs;
    },
    orders: { 'POST /count': (number) => String(number('to', { min: 1, max: 9 })) },
  });
});
afterAll(() => server.close());

const ask = (path: string, method = 'GET', body?: string) =>
  fetch(`http://127.0.0.1:${server.port}${path}`, { method, ...(body !== undefined && { body }) });

describe('the private port', () => {
  it.each<[Readiness, number]>([
    ['ready', 200],
    ['draining', 404],
    ['broken', 503],
  ])('answers /readyz of a node that is %s with %d', async (readiness, status) => {
    state.readiness = readiness;
    expect((await ask('/readyz')).status).toBe(status);
    expect((await ask('/livez')).status).toBe(200);
    const shown = await (await ask('/metrics')).text();
    expect(shown.match(/^parley_readiness\{state="(\w+)"\} 1$/gm)).toEqual([
      `parley_readiness{state="${readiness}"} 1`,
    ]);
  });

  it('shows the numbers of the process', async () => {
    const answer = await ask('/metrics');
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(text).toMatch(/^parley_event_loop_utilization_ratio [01](\.\d+)?/m);
    expect(text).toContain('parley_event_loop_lag_p99_seconds');
  });

  it('drains by POST only', async () => {
    expect((await ask('/drain')).status).toBe(404);
    expect(state.drains).toBe(0);
    expect((await ask('/drain', 'POST')).status).toBe(202);
    expect(state).toMatchObject({ drains: 1, overMs: undefined });
    expect((await ask('/drain?overMs=30000', 'POST')).status).toBe(202);
    expect(state).toMatchObject({ drains: 2, overMs: 30_000 });
  });

  it('obeys with numbers within their bounds only, and says which one is not', async () => {
    const obeyed = await ask('/count?to=9', 'POST');
    expect([obeyed.status, await obeyed.text()]).toEqual([202, '9']);
    for (const query of ['', '?to=', '?to=10', '?to=0', '?to=x', '?to=NaN']) {
      const refused = await ask(`/count${query}`, 'POST');
      expect([refused.status, await refused.text()]).toEqual([
        400,
        expect.stringContaining('to has to be a number from 1 to 9'),
      ]);
    }
    expect((await ask('/drain?overMs=-1', 'POST')).status).toBe(400);
    expect(state.drains).toBe(2);
  });

  it('changes what is logged while the node runs, and says so in the log', async () => {
    const level = async () => (await ask('/log-level')).text();
    expect(await level()).toBe('error');
    log.debug('nobody hears this');
    expect((await ask('/log-level', 'PUT', 'debug\n')).status).toBe(200);
    log.debug('this is heard');
    expect(await level()).toBe('debug');
    expect((await ask('/log-level', 'PUT', 'silent')).status).toBe(200);
    log.fatal('nor this');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'the log level was changed', from: 'error', to: 'debug' },
      { msg: 'this is heard' },
      { msg: 'the log level was changed', from: 'debug', to: 'silent' },
    ]);
    const wrong = await ask('/log-level', 'PUT', 'loud');
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toBe('the body has to be one of fatal, error, warn, info, debug, trace, silent');
    expect(await level()).toBe('silent');
  });

  it('knows nothing else', async () => {
    expect((await ask('/v1/conversations')).status).toBe(404);
  });
});
