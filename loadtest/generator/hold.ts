import { setTimeout as sleep } from 'node:timers/promises';
import { createHistogram } from './histogram.ts';
import { openClient } from './open-client.ts';
import type { FromGenerator, Load, Plan } from './plan.ts';
import { steadily, until } from './wait.ts';

const connectMs = 60_000;
/** While nothing happens, so that the driver can look at the node. */
const lookMs = 1_500;

/** Connects some, rests, connects the others at a steady rate, rests again, and holds them all until the driver goes. */
export async function hold(
  { protocol, seats }: Plan,
  { first, perSecond, restMs }: Extract<Load, { kind: 'idle' }>,
  go: Promise<void>,
  say: (message: FromGenerator) => void,
): Promise<void> {
  let [opened, ready, closed] = [0, 0, 0];
  let whyClosed = '';

  await connectUpTo(first);
  say({ say: 'connected' });
  await go;
  await sleep(restMs);
  const begin = { at: performance.now(), cpu: process.cpuUsage() };
  say({ say: 'begin' });
  await sleep(lookMs);
  await connectUpTo(seats.length);
  const cpu = process.cpuUsage(begin.cpu);
  const none = createHistogram().read();
  say({
    say: 'end',
    measured: {
      seconds: (performance.now() - begin.at) / 1000,
      acked: 0,
      delivered: 0,
      ackMs: none,
      deliveryMs: none,
      generatorCpuMs: (cpu.user + cpu.system) / 1000,
    },
  });
  await sleep(restMs);
  const nothing = { unanswered: 0, missing: 0, repeated: 0, strange: 0, reordered: 0, misnumbered: 0 };
  say({ say: 'done', account: { acked: 0, delivered: 0, closed, refusals: {}, ...nothing } });

  async function connectUpTo(count: number): Promise<void> {
    await steadily(count - opened, perSecond, open, () => closed > 0);
    await until(() => ready >= count || closed > 0, connectMs);
    if (ready < count || closed > 0) {
      throw new Error(`${ready} of ${count} clients are ready; ${closed} were closed: ${whyClosed}`);
    }
  }

  function open(): void {
    openClient(protocol, seats[opened]!, {
      ready: () => void (ready += 1),
      answered() {},
      delivered() {},
      closed(reason) {
        closed += 1;
        whyClosed ||= reason;
      },
    });
    opened += 1;
  }
}
