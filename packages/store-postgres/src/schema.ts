import type {
  Attachment,
  AuditEntry,
  ConversationKind,
  ConversationStatus,
  Deed,
  LinkKind,
  LinkStatus,
  MemberRole,
  MessageKind,
  Reaction,
  ReportStatus,
  Role,
} from '@parley/protocol';
import type { ColumnType, Generated, GeneratedAlways, Selectable } from 'kysely';

/** A `timestamptz(3)`: read as PostgreSQL writes it in UTC (`isoTime` makes it the text of the wire), written as ISO 8601. */
type Time = ColumnType<string, string, string>;

export type UsersTable = {
  space: string;
  user_id: string;
  name: string | null;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  avatar_url: string | null;
  role: Role | null;
  active: Generated<boolean>;
  revoked_at: Time | null;
  last_seen: Time | null;
  announced_seq: Generated<number>;
  created_at: Generated<string>;
  updated_at: Time | null;
};

export type ConversationsTable = {
  no: GeneratedAlways<number>;
  space: string;
  kind: ConversationKind;
  title: string | null;
  status: Generated<ConversationStatus>;
  peer_low: string | null;
  peer_high: string | null;
  first_seq: Generated<number>;
  last_seq: Generated<number>;
  rev: Generated<number>;
  messages_rev: Generated<number>;
  members_rev: Generated<number>;
  receipts_rev: Generated<number>;
  facts_rev: Generated<number>;
  member_count: Generated<number>;
  membership_version: Generated<number>;
  created_at: Time;
  last_at: Time;
};

export type MembersTable = {
  conversation_no: number;
  user_id: string;
  space: string;
  role: MemberRole;
  from_seq: number;
  until_seq: number | null;
  muted_until: Time | null;
  read_seq: number;
  /** A multirange as PostgreSQL writes it: `{[5,7),[9,10)}`. */
  read_beyond: Generated<string>;
  delivered_seq: number;
  receipt_at: Time;
  rev: number;
  receipt_rev: Generated<number>;
};

export type ReadsTable = {
  conversation_no: number;
  user_id: string;
  seq: number;
  at: Time;
  single: Generated<boolean>;
  rev: Generated<number>;
};

export type AnnouncementReadsTable = { conversation_no: number; user_id: string; read_seq: number; at: Time };

/** A view: the members of every conversation, and everybody of a space as a reader of its announcements. */
export type SightsView = Pick<
  Selectable<MembersTable>,
  | 'conversation_no'
  | 'user_id'
  | 'space'
  | 'from_seq'
  | 'until_seq'
  | 'read_seq'
  | 'read_beyond'
  | 'delivered_seq'
  | 'rev'
>;

export type MessagesTable = {
  conversation_no: number;
  seq: number;
  rev: Generated<number>;
  sender_id: string;
  author_id: string | null;
  client_id: string | null;
  content_hash: Buffer | null;
  kind: MessageKind;
  body: string;
  /** Read as values, written as their text. */
  attachments: ColumnType<Attachment[] | null, string | null, string | null>;
  reactions: ColumnType<Reaction[] | null, string | null, string | null>;
  reply_to_seq: number | null;
  created_at: Time;
  edited_at: Time | null;
  deleted_at: Time | null;
};

export type MessageVersionsTable = { conversation_no: number; seq: number; rev: number; body: string; at: Time };

export type ReactionsTable = {
  conversation_no: number;
  seq: number;
  emoji: string;
  user_id: string;
  rev: number;
};

export type AccountsTable = {
  space: string;
  email: string;
  user_id: string;
  password_hash: string;
  created_at: Generated<string>;
};

/** `id` and `secret_hash` are of the refresh token. */
export type SessionsTable = {
  id: string;
  space: string;
  user_id: string;
  secret_hash: Buffer;
  previous_hash: Buffer | null;
  sealed: Buffer | null;
  rotated_at: Time | null;
  began_at: Time;
  expires_at: Time;
};

export type LinksTable = {
  space: string;
  low: string;
  high: string;
  kind: LinkKind;
  status: LinkStatus;
  user_a: string;
  updated_at: Time;
};

export type BansTable = {
  space: string;
  user_id: string;
  /** 'infinity' where it does not end. */
  until: Time;
  reason: string | null;
  by_id: string;
  at: Time;
};

export type ReportsTable = {
  no: GeneratedAlways<number>;
  space: string;
  conversation_no: number;
  seq: number;
  by_id: string;
  sender_id: string;
  body: string;
  reason: string | null;
  at: Time;
  status: ReportStatus;
  resolved_by_id: string | null;
  resolved_at: Time | null;
  note: string | null;
};

export type AuditLogTable = {
  no: GeneratedAlways<number>;
  space: string;
  at: Generated<string>;
  by_id: string;
  deed: Deed;
  user_id: string | null;
  conversation_no: number | null;
  seq: number | null;
  /** Read as values, written as their text. */
  details: ColumnType<AuditDetails | null, string | null, never>;
};

/** What the deed said besides, under the names of the wire. */
export type AuditDetails = Pick<AuditEntry, 'reason' | 'until' | 'title' | 'status' | 'role'>;

/** What the product called it before it moved in. `own_no`: such an id is also the one of a conversation of that number. */
export type ImportedConversationsTable = { space: string; id: string; conversation_no: number; own_no: number | null };
export type ImportedMessagesTable = { conversation_no: number; seq: number; space: string; id: string };

export type SearchTextsTable = { conversation_no: number; seq: number; created_at: Time; grams: string };
export type SearchProgressTable = { conversation_no: number; seq: number; rev: number };
export type SearchStateTable = {
  one: Generated<boolean>;
  epoch: string | null;
  rotation: number | null;
  snapshot: string | null;
  pending: Generated<number[]>;
  sweep_no: Generated<number | null>;
};

export type RetentionStateTable = {
  one: Generated<boolean>;
  walked_no: Generated<number>;
  walked_at: Generated<string>;
};

export type MovesTable = {
  slot: number;
  xid: string;
  nos: number[];
  seqs: number[];
  revs: number[];
  versions: number[];
  users: string[] | null;
};

export type MovesKeptTable = { one: Generated<boolean>; rotation: number; slot: number; gone_xid: string };
export type EpochTable = { one: Generated<boolean>; id: string };
export type MigrationsTable = {
  number: number;
  name: string;
  older_nodes: 'survive' | 'must-stop';
  at: Generated<string>;
};

export type UploadsTable = {
  id: string;
  space: string;
  owner_id: string;
  name: string;
  type: string;
  bytes: number;
  sha256: Buffer;
  uploaded_at: Generated<string>;
  conversation_no: number | null;
  seq: number | null;
  deleted_at: Time | null;
  kept: Generated<boolean>;
};

export type UploadTotalsTable = { space: string; user_id: string; bytes: number };

/** What the queries may name. A test compares it with the tables that the migrations make. */
export type Database = {
  users: UsersTable;
  conversations: ConversationsTable;
  members: MembersTable;
  reads: ReadsTable;
  announcement_reads: AnnouncementReadsTable;
  sights: SightsView;
  messages: MessagesTable;
  reactions: ReactionsTable;
  message_versions: MessageVersionsTable;
  uploads: UploadsTable;
  upload_totals: UploadTotalsTable;
  links: LinksTable;
  bans: BansTable;
  reports: ReportsTable;
  audit_log: AuditLogTable;
  accounts: AccountsTable;
  sessions: SessionsTable;
  imported_conversations: ImportedConversationsTable;
  imported_messages: ImportedMessagesTable;
  search_texts: SearchTextsTable;
  search_progress: SearchProgressTable;
  search_state: SearchStateTable;
  retention_state: RetentionStateTable;
  moves: MovesTable;
  moves_kept: MovesKeptTable;
  epoch: EpochTable;
  migrations: MigrationsTable;
};

export type ConversationRow = Selectable<ConversationsTable>;
export type MemberRow = Selectable<MembersTable>;
export type MessageRow = Selectable<MessagesTable>;
export type UploadRow = Selectable<UploadsTable>;
export type LinkRow = Selectable<LinksTable>;
export type BanRow = Selectable<BansTable>;
export type ReportRow = Selectable<ReportsTable>;
export type AuditLogRow = Selectable<AuditLogTable>;
