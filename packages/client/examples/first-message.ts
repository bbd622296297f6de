/**
 * Says hello to somebody, and prints what arrives until you stop it with Ctrl-C.
 *
 *     PARLEY_URL=http://127.0.0.1:8080 PARLEY_TOKEN=… \
 *       npx --yes pnpm@12 exec node packages/client/examples/first-message.ts bob 'Hello, Bob!'
 */
import { createClient } from '@parley/client';

const { PARLEY_URL: url = 'http://127.0.0.1:8080', PARLEY_TOKEN: token = '' } = process.env;
const [peerId, body = 'Hello!'] = process.argv.slice(2);
if (!peerId || !token) throw new Error('usage: PARLEY_TOKEN=… first-message.ts <user> [text]');

const client = createClient({ url, token });

client.on('message', ({ message }) => console.log(`${message.senderId}: ${message.body}`));
client.on('typing', ({ userId, typing }) => typing && console.log(`${userId} is typing…`));
client.on('state', (state) => {
  if (state.name === 'waiting')
    console.error(`connection lost (${state.reason}), next try in ${state.retryInMs | 0} ms`);
  if (state.name === 'stopped') throw state.error;
});

process.once('SIGINT', () => void client.close());
process.once('SIGTERM', () => void client.close());

const ack = await client.send({ peerId, body });
console.log(`stored as number ${ack.seq}`);
