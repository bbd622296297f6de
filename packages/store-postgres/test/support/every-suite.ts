import { administrationConformance } from '@parley/testkit/conformance/administration';
import { accountsConformance } from '@parley/testkit/conformance/accounts';
import { contentsConformance } from '@parley/testkit/conformance/contents';
import { conversationsConformance } from '@parley/testkit/conformance/conversations';
import { historyConformance } from '@parley/testkit/conformance/history';
import { syncEndedConformance } from '@parley/testkit/conformance/sync-ended';
import { linksConformance } from '@parley/testkit/conformance/links';
import { logConformance } from '@parley/testkit/conformance/log';
import { messagesConformance } from '@parley/testkit/conformance/messages';
import { moderationConformance } from '@parley/testkit/conformance/moderation';
import { pagesConformance } from '@parley/testkit/conformance/pages';
import { reactionsConformance } from '@parley/testkit/conformance/reactions';
import { receiptsConformance } from '@parley/testkit/conformance/receipts';
import { reportsConformance } from '@parley/testkit/conformance/reports';
import { searchConformance } from '@parley/testkit/conformance/search';
import { staffConformance } from '@parley/testkit/conformance/staff';
import { unreadConformance } from '@parley/testkit/conformance/unread';
import { uploadsConformance } from '@parley/testkit/conformance/uploads';
import { usersConformance } from '@parley/testkit/conformance/users';
import { versionsConformance } from '@parley/testkit/conformance/versions';

type Open = Parameters<typeof messagesConformance>[1];

/** Everything that is promised of a store. */
export function everySuite(where: string, open: Open): void {
  messagesConformance(where, open);
  contentsConformance(where, open);
  conversationsConformance(where, open);
  historyConformance(where, open);
  syncEndedConformance(where, open);
  pagesConformance(where, open);
  reactionsConformance(where, open);
  receiptsConformance(where, open);
  searchConformance(where, open);
  unreadConformance(where, open);
  linksConformance(where, open);
  moderationConformance(where, open);
  administrationConformance(where, open);
  reportsConformance(where, open);
  logConformance(where, open);
  uploadsConformance(where, open);
  usersConformance(where, open);
  accountsConformance(where, open);
  staffConformance(where, open);
  versionsConformance(where, open);
}
