import type { Migration } from './migration.ts';

export const versions: Migration = {
  number: 18,
  name: 'versions',
  olderNodes: 'survive',
  // Every body that an edited message had, the one it has now too, by the rev under which it was written; 0 is the first.
  // A deletion takes all of them.
  sql: `
create table message_versions (
  conversation_no bigint not null,
  seq bigint not null,
  rev bigint not null,
  body text not null,
  at timestamptz(3) not null,
  primary key (conversation_no, seq, rev)
);
`,
};
