import type {
  AuditEntry,
  Ban,
  ConversationStatus,
  Deed,
  Message,
  MonitoredConversation,
  Report,
  ReportStatus,
} from '@parley/protocol';
import type { ReadMark } from './history.ts';

/** An admin of a space. */
export type Admin = { space: string; userId: string };

/** Fields that are absent leave every entry in. `before`: only entries with a lower number. */
export type AuditWanted = { byId?: string; userId?: string; deed?: Deed; before?: number; limit: number };

/**
 * What the admins of a space do and see. Who may is decided before. Whatever changes something, or shows an admin what
 * others said among themselves, is written into the audit log by the transaction that does it: what was answered is in
 * the log. Entries are never changed. Every method throws `Failure`.
 */
export interface Administration {
  /**
   * Committed when it answers; `Users.admit` and `Users.standings` tell it from then on, on every node. A user who is not
   * known yet is banned all the same, and does not exist by it.
   * @returns `holds`: false for a time that has passed
   */
  ban(admin: Admin, userId: string, fields: { reason?: string; until?: string }): Promise<{ ban: Ban; holds: boolean }>;
  /** @returns whether there was a ban */
  unban(admin: Admin, userId: string): Promise<boolean>;
  /** Those that hold now, by user id, by position; and how many there are. */
  bans(space: string, page: { offset: number; limit: number }): Promise<{ bans: Ban[]; total: number }>;
  /** The newest made first; and how many there are, wherever the page is. `beforeNo`: only those that were made before. */
  conversations(
    space: string,
    wanted: { status?: ConversationStatus; beforeNo?: number; offset: number; limit: number },
  ): Promise<{ conversations: MonitoredConversation[]; total: number }>;
  /**
   * The entry in the log is committed before anything is read. Pages are cut as those of `History`; one at an `offset`
   * from the newest is whole, and leaves out what is deleted. @throws `not_found`
   */
  history(
    admin: Admin,
    no: number,
    range: { beforeSeq?: number; afterSeq?: number; offset?: number; limit: number },
  ): Promise<{ conversation: MonitoredConversation; messages: Message[]; receipts: ReadMark[]; more: boolean }>;
  /**
   * Keeps what was said. Of one member and message there is one report: the first.
   * @throws `not_found` for what the user does not see or is deleted, `forbidden` for their own message
   */
  report(space: string, userId: string, key: { no: number; seq: number }, reason: string | undefined): Promise<Report>;
  /** Oldest first, by position; and how many have this status. */
  reports(
    space: string,
    wanted: { status: ReportStatus; offset: number; limit: number },
  ): Promise<{ reports: Report[]; total: number }>;
  /** @throws `not_found` */
  resolve(admin: Admin, no: number, verdict: { status: ReportStatus; note?: string }): Promise<Report>;
  /** Newest first. */
  audit(space: string, wanted: AuditWanted): Promise<{ entries: AuditEntry[]; more: boolean }>;
}
