import { Failure, type SentFile, type Upload, type Uploads } from '@parley/core';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isoTime } from './rows.ts';
import type { UploadRow } from './schema.ts';
import { query, type Slot, statement } from './statement.ts';

type Added = {
  id: string;
  space: string;
  owner: string;
  name: string;
  type: string;
  bytes: number;
  sha256: Buffer;
  quota: number;
};

/** Uploads that one call of `expire` takes away: the next one goes on. */
const expiredAtOnce = 500;

const addUpload = statement('add-upload', (slot: Slot<Added>) =>
  query
    .selectFrom(
      sql<UploadRow>`add_upload(${slot('id')}, ${slot('space')}, ${slot('owner')}, ${slot('name')}, ${slot('type')}, ${slot('bytes')}, ${slot('sha256')}, ${slot('quota')})`.as(
        'upload',
      ),
    )
    .selectAll(),
);

const ownUploads = statement('own-uploads', (slot: Slot<{ space: string; owner: string; ids: readonly string[] }>) =>
  query
    .selectFrom('uploads')
    .select(['id', 'space', 'name', 'type', 'bytes'])
    .where('id', '=', (eb) => eb.fn.any(sql<string[]>`${slot('ids')}::uuid[]`))
    .where('space', '=', slot('space'))
    .where('owner_id', '=', slot('owner')),
);

const uploadById = statement('upload-by-id', (slot: Slot<{ space: string; id: string }>) =>
  query
    .selectFrom('uploads')
    .selectAll()
    .where('id', '=', slot('id'))
    .where('space', '=', slot('space'))
    .where('deleted_at', 'is', null),
);

const expireUploads = statement('expire-uploads', (slot: Slot<{ unsentMs: number }>) =>
  query.selectNoFrom(sql<null>`expire_uploads(${slot('unsentMs')}, ${sql.lit(expiredAtOnce)})`.as('done')),
);

const unreachableUploads = statement('unreachable-uploads', (slot: Slot<{ limit: number }>) =>
  query
    .selectFrom('uploads')
    .select(['space', 'id'])
    .where('deleted_at', 'is not', null)
    .where('kept', '=', sql.lit(true))
    .orderBy('deleted_at')
    .limit(slot('limit')),
);

// Of a message that is deleted the row stays with its tombstone; what nothing ever carried goes.
const forgetUploads = statement('forget-uploads', (slot: Slot<{ ids: readonly string[] }>) =>
  query
    .with('gone', (db) =>
      db
        .deleteFrom('uploads')
        .where('id', '=', (eb) => eb.fn.any(sql<string[]>`${slot('ids')}::uuid[]`))
        .where('deleted_at', 'is not', null)
        .where('conversation_no', 'is', null)
        .returning('id'),
    )
    .updateTable('uploads')
    .set({ kept: sql.lit(false) })
    .where('id', '=', (eb) => eb.fn.any(sql<string[]>`${slot('ids')}::uuid[]`))
    .where('deleted_at', 'is not', null)
    .where('conversation_no', 'is not', null),
);

export function createUploads(db: Database) {
  return {
    async add(owner, { file, name, type, bytes, sha256 }, quota) {
      const [row] = await db.write(addUpload, {
        ...file,
        owner,
        name,
        type,
        bytes,
        sha256: Buffer.from(sha256, 'hex'),
        quota,
      });
      if (!row) throw new Failure('quota_exceeded');
      return uploadOf(row);
    },
    async owned(space, owner, ids) {
      const rows = await db.read(ownUploads, { space, owner, ids });
      const found = new Map(rows.map((row) => [row.id, sentOf(row)]));
      return ids.flatMap((id) => found.get(id) ?? []);
    },
    async find(key) {
      const [row] = await db.read(uploadById, key);
      return row && uploadOf(row);
    },
    expire: async (unsentMs) => void (await db.write(expireUploads, { unsentMs })),
    unreachable: (limit) => db.read(unreachableUploads, { limit }),
    forget: async (keys) => void (await db.write(forgetUploads, { ids: keys.map(({ id }) => id) })),
  } satisfies Uploads;
}

const sentOf = ({
  space,
  id,
  name,
  type,
  bytes,
}: Pick<UploadRow, 'id' | 'space' | 'name' | 'type' | 'bytes'>): SentFile => ({
  file: { space, id },
  name,
  type,
  bytes,
});

const uploadOf = (row: UploadRow): Upload => ({
  ...sentOf(row),
  sha256: row.sha256.toString('hex'),
  uploadedAt: isoTime(row.uploaded_at),
});
