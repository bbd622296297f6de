import { Failure, type History } from '@parley/core';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isoTime } from './rows.ts';
import { membershipsOf } from './seen.ts';
import { type Slot, statement } from './statement.ts';

type Asked = { space: string; user: string; no: number; seq: number; afterRev: number; limit: number };

// The message comes with every version of it, and alone when it never was edited.
const versionsOfMessage = statement('versions-of-message', (slot: Slot<Asked>) =>
  membershipsOf(slot)
    .where('c.no', '=', slot('no'))
    .innerJoin('messages as g', (join) =>
      join
        .onRef('g.conversation_no', '=', 'c.no')
        .on('g.seq', '=', slot('seq'))
        .onRef('g.seq', '>', 'm.from_seq')
        .on('g.seq', '<=', sql<number>`coalesce(m.until_seq, c.last_seq)`),
    )
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('message_versions as v')
          .select(['v.rev', 'v.body', 'v.at'])
          .whereRef('v.conversation_no', '=', 'g.conversation_no')
          .whereRef('v.seq', '=', 'g.seq')
          .where('v.rev', '>', slot('afterRev'))
          .orderBy('v.rev')
          .limit(slot('limit'))
          .as('version'),
      (join) => join.onTrue(),
    )
    .select(['g.sender_id', 'g.body', 'g.created_at', 'g.edited_at', 'g.deleted_at'])
    .select(['version.rev as version_rev', 'version.body as version_body', 'version.at as version_at'])
    .orderBy('version.rev'),
);

export async function readVersions(db: Database, { limit, ...asked }: Asked): ReturnType<History['versions']> {
  const rows = await db.read(versionsOfMessage, { ...asked, limit: limit + 1 });
  const [message] = rows;
  if (!message) throw new Failure('not_found');
  const userId = message.sender_id;
  const found = rows.flatMap(({ version_rev: rev, version_body: body, version_at: at }) =>
    rev === null || body === null || at === null ? [] : [{ rev, userId, body, at: isoTime(at) }],
  );
  const isUntouched = message.edited_at === null && message.deleted_at === null && asked.afterRev < 0;
  if (isUntouched) found.push({ rev: 0, userId, body: message.body, at: isoTime(message.created_at) });
  return { versions: found.slice(0, limit), more: found.length > limit };
}
