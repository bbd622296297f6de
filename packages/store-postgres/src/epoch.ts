import { sql } from 'kysely';
import type { Database } from './database.ts';
import { query, statement } from './statement.ts';

const cachedMs = 1_000;

const currentEpoch = statement('current-epoch', () => query.selectNoFrom(sql<string>`current_epoch()`.as('epoch')));

export type Epoch = { current(): Promise<string> };

/** The epoch, asked for at most once a second; answers that carry rows carry the epoch of their own snapshot instead. */
export function createEpoch(db: Database): Epoch {
  let cached: { answer: Promise<string>; until: number } | undefined;

  async function read(): Promise<string> {
    const [row] = await db.read(currentEpoch, {});
    return row?.epoch ?? '';
  }

  return {
    current() {
      const now = performance.now();
      if (cached && now < cached.until) return cached.answer;
      const answer = read();
      cached = { answer, until: now + cachedMs };
      answer.catch(() => {
        if (cached?.answer === answer) cached = undefined;
      });
      return answer;
    },
  };
}
