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
import { openStage } from './support/stage.ts';

/** Two nodes on one database; who asks again gets the other one. */
async function twoNodes() {
  const stage = await openStage();
  const [one, two] = [await stage.node(), await stage.node()];
  let asked = 0;
  return { node: async () => (asked++ % 2 ? two : one), close: stage.close };
}

const where = 'in PostgreSQL';

messagesConformance(where, twoNodes);
contentsConformance(where, twoNodes);
conversationsConformance(where, twoNodes);
historyConformance(where, twoNodes);
syncEndedConformance(where, twoNodes);
pagesConformance(where, twoNodes);
reactionsConformance(where, twoNodes);
receiptsConformance(where, twoNodes);
searchConformance(where, twoNodes);
unreadConformance(where, twoNodes);
linksConformance(where, twoNodes);
moderationConformance(where, twoNodes);
administrationConformance(where, twoNodes);
reportsConformance(where, twoNodes);
logConformance(where, twoNodes);
uploadsConformance(where, twoNodes);
usersConformance(where, twoNodes);
accountsConformance(where, twoNodes);
staffConformance(where, twoNodes);
versionsConformance(where, twoNodes);
