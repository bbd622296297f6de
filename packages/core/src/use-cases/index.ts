import { type Command, type CommandName, commands, type Input, type Output } from '@parley/protocol';
import type { Caller } from '../caller.ts';
import { Failure } from '../failure.ts';
import type { Parts } from '../parts.ts';
import { addMembers } from './add-members.ts';
import { createConversation } from './create-conversation.ts';
import { deleteLink } from './delete-link.ts';
import { forgetTalk } from './forget-talk.ts';
import { deleteMessage } from './delete-message.ts';
import { editMessage } from './edit-message.ts';
import { findUser, listUsers } from './find-users.ts';
import { getConversation } from './get-conversation.ts';
import { listConversations } from './list-conversations.ts';
import { listLinks } from './list-links.ts';
import { listMembers } from './list-members.ts';
import { markDelivered } from './mark-delivered.ts';
import { markRead } from './mark-read.ts';
import { openConversation } from './open-conversation.ts';
import { offsetHistory } from './offset-history.ts';
import { pageConversations } from './page-conversations.ts';
import { pageHistory } from './page-history.ts';
import { putLink } from './put-link.ts';
import { putUser } from './put-user.ts';
import { addReaction, removeReaction } from './change-reaction.ts';
import { readVersions } from './read-versions.ts';
import { refreshToken } from './refresh-token.ts';
import { removeMember } from './remove-member.ts';
import { revokeUser } from './revoke-user.ts';
import { pageSearch, searchMessages } from './search-messages.ts';
import { sendMessage } from './send-message.ts';
import { startTyping, stopTyping } from './signal-typing.ts';
import { startViewing, stopViewing } from './signal-viewing.ts';
import { syncConversations } from './sync-conversations.ts';
import { updateConversation } from './update-conversation.ts';
import { updateMember } from './update-member.ts';
import type { UseCase } from './use-case.ts';
import { readMessage } from './read-message.ts';
import { countOnline, listOnline } from './read-online.ts';
import { banUser, listBans, unbanUser } from './ban-user.ts';
import { monitorConversations, monitorHistory } from './monitor.ts';
import { listReports, reportMessage, resolveReport } from './report-message.ts';
import { listAudit } from './list-audit.ts';
import { countUnread, listUnread, readUnread } from './read-unread.ts';
import { announce } from './send-announcement.ts';
import { listSupport } from './list-support.ts';
import { pageSupport } from './page-support.ts';
import { openSupport } from './open-support.ts';
import { isStaff } from '../rules/staff.ts';
import { unwatchPresence, watchPresence } from './watch-presence.ts';

/** Every command of the protocol has its verb here; a missing one does not compile. */
const useCases: { [N in CommandName]: UseCase<N> } = {
  'message.send': sendMessage,
  'message.edit': editMessage,
  'message.delete': deleteMessage,
  'message.versions': readVersions,
  'reaction.add': addReaction,
  'reaction.remove': removeReaction,
  'conversation.open': openConversation,
  'conversation.create': createConversation,
  'conversation.get': getConversation,
  'conversation.list': listConversations,
  'conversation.update': updateConversation,
  'member.update': updateMember,
  'member.list': listMembers,
  'member.add': addMembers,
  'member.remove': removeMember,
  'history.page': pageHistory,
  sync: syncConversations,
  'conversation.page': pageConversations,
  'history.offset': offsetHistory,
  'unread.total': countUnread,
  'unread.conversations': listUnread,
  'unread.messages': readUnread,
  'receipt.delivered': markDelivered,
  'message.search': searchMessages,
  'search.page': pageSearch,
  'message.read': readMessage,
  'receipt.read': markRead,
  'typing.start': startTyping,
  'typing.stop': stopTyping,
  'viewing.start': startViewing,
  'viewing.stop': stopViewing,
  'support.open': openSupport,
  'support.list': listSupport,
  'support.page': pageSupport,
  'announcement.send': announce,
  'presence.watch': watchPresence,
  'presence.unwatch': unwatchPresence,
  'presence.count': countOnline,
  'presence.online': listOnline,
  'auth.refresh': refreshToken,
  'user.get': findUser,
  'user.list': listUsers,
  'user.put': putUser,
  'user.revoke': revokeUser,
  'link.put': putLink,
  'link.delete': deleteLink,
  'link.forget': forgetTalk,
  'link.list': listLinks,
  'user.ban': banUser,
  'user.unban': unbanUser,
  'ban.list': listBans,
  'moderation.conversations': monitorConversations,
  'moderation.history': monitorHistory,
  'audit.list': listAudit,
  'message.report': reportMessage,
  'report.list': listReports,
  'report.resolve': resolveReport,
};

/** Runs a parsed command for a proven caller, whatever edge it came over. Throws `Failure`. */
export async function run<N extends CommandName>(
  parts: Parts,
  caller: Caller,
  name: N,
  input: Input<N>,
): Promise<Output<N>> {
  const command: Command = commands[name];
  if (command.access === 'admin' && caller.role !== 'admin') throw new Failure('forbidden');
  if (command.access === 'staff' && !isStaff(caller.role)) throw new Failure('forbidden');
  const useCase: UseCase<N> = useCases[name];
  return useCase(parts, caller, input);
}
