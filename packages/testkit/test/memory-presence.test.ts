import { onlineConformance } from '@parley/testkit/conformance/online';
import { presenceConformance, type PresenceStage } from '@parley/testkit/conformance/presence';
import { createMemoryPresence } from '@parley/testkit';

const durations = { leaseMs: 800, graceMs: 400, lostGraceMs: 800 };
const stepMs = 20;

async function open(): Promise<PresenceStage> {
  const memory = createMemoryPresence({ ...durations, youthMs: 400 });
  return {
    durations,
    lateMs: 2 * stepMs,
    node: async () => memory.node(),
    kill: (board) => memory.kill(board),
    leave: async () => memory.leave(),
    comeBack: async (how) => memory.comeBack(how),
    pass: async (ms) => memory.pass(ms),
    async until(check, { withinMs, what }) {
      for (let passed = 0; passed <= withinMs; passed += stepMs) {
        if (await check()) return;
        memory.pass(stepMs);
      }
      throw new Error(`not within ${withinMs} ms: ${what}`);
    },
    close: async () => {},
  };
}

presenceConformance('in memory', open);
onlineConformance('in memory', open);
