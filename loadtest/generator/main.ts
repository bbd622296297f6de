/** The generator's own process: the driver forks it, tells it the plan and `go`, and hears what came of it. */
import { hold } from './hold.ts';
import type { FromGenerator, Plan, ToGenerator } from './plan.ts';
import { run } from './run.ts';

const go = Promise.withResolvers<void>();

process.on('message', (message: ToGenerator) => {
  if (message.say === 'go') go.resolve();
  else void start(message.plan);
});
process.on('disconnect', () => process.exit(1));

async function start(plan: Plan): Promise<void> {
  try {
    if (plan.load.kind === 'idle') await hold(plan, plan.load, go.promise, say);
    else await run(plan, go.promise, say);
  } catch (error) {
    say({ say: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
}

function say(message: FromGenerator): void {
  process.send?.(message);
}
