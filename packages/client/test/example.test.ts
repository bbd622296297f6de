import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '@parley/testkit';
import { expect, it } from 'vitest';
import { serve } from './fixtures/world.ts';

const example = fileURLToPath(new URL('../examples/first-message.ts', import.meta.url));

it('the first example sends its message, prints what arrives, and ends cleanly', async () => {
  const server = await serve();
  const { log } = server.state;
  const id = log.direct('ana', 'bob');
  const program = spawn(process.execPath, [example, 'bob', 'Hello, Bob!'], {
    env: { ...process.env, PARLEY_URL: server.url, PARLEY_TOKEN: 'ana' },
  });
  let printed = '';
  for (const stream of [program.stdout, program.stderr])
    stream.on('data', (data: Buffer) => (printed += data.toString()));
  await until(() => printed.includes('stored as number 1'), { what: 'it prints the acknowledgement' });
  log.send('bob', { conversationId: id, body: 'Hello, Ana!' });
  server.flush();
  await until(() => printed.includes('bob: Hello, Ana!'), { what: 'it prints the answer' });
  program.kill('SIGINT');
  const [code] = (await once(program, 'exit')) as [number];
  expect({ code, printed }).toMatchObject({ code: 0 });
  expect(log.messages(id)[0]?.body).toBe('Hello, Bob!');
});
