import { setTimeout as after } from 'node:timers/promises';
import { runNode, runUntilSignal } from '@parley/node-kit';

const say = (line: string) => void process.stdout.write(`${line}\n`);
const log = { info: () => {}, warn: () => {}, error: () => {}, fatal: () => say('fatal') };

await runNode(async () => {
  const alive = setInterval(() => {}, 1_000);
  runUntilSignal({
    log,
    withinMs: 2_000,
    drain: async (reason) => {
      say(`draining ${reason}`);
      await after(process.env['HANG'] ? 60_000 : 200);
      clearInterval(alive);
      say('drained');
    },
  });
  say('up');
  if (process.env['DEFECT']) queueMicrotask(() => void Promise.reject(new Error('a defect')));
});
