import { fork } from 'node:child_process';
import type { Account, FromGenerator, Measured, Plan, ToGenerator } from '../generator/plan.ts';

/** Frames live for a moment: with room for more of them the collector runs less, on cores that the servers share. */
const generatorFlags = ['--max-semi-space-size=64'];
const generatorPath = new URL('../generator/main.ts', import.meta.url);

export type Moment = 'begin' | 'end' | 'done';

/**
 * Runs the generator in a process of its own. `mark` is called at both ends of the measured window, as exactly as two
 * processes can agree, and once more when all is done and the clients are still connected.
 */
export async function generate<M>(
  plan: Plan,
  mark: (at: Moment) => Promise<M>,
): Promise<{ measured: Measured; account: Account } & Record<Moment, M>> {
  const child = fork(generatorPath, { execArgv: generatorFlags, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const tell = (message: ToGenerator) => child.send(message);
  try {
    return await new Promise((resolve, reject) => {
      let [begin, end, measured]: [Promise<M>?, Promise<M>?, Measured?] = [];
      child.once('error', reject);
      child.once('exit', () => reject(new Error('The generator ended before its work did.')));
      child.on('message', (message: FromGenerator) => {
        switch (message.say) {
          case 'connected':
            return void tell({ say: 'go' });
          case 'begin':
            begin = mark('begin');
            return;
          case 'end':
            end = mark('end');
            measured = message.measured;
            return;
          case 'done':
            return void finish(message.account).catch(reject);
          case 'failed':
            return reject(new Error(message.reason));
        }
      });
      tell({ say: 'plan', plan });

      async function finish(account: Account): Promise<void> {
        if (!begin || !end || !measured) throw new Error('The generator measured nothing.');
        const done = await mark('done');
        resolve({ measured, account, begin: await begin, end: await end, done });
      }
    });
  } finally {
    child.disconnect();
  }
}
