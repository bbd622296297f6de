import { limits } from '@parley/protocol/limits';
import { ParleyError } from './error.ts';
import type { Inbox } from './inbox.ts';
import type { Call } from './sync.ts';
import { viewOf } from './view.ts';

export type History = {
  /**
   * Puts a page of older messages before those that are held.
   * @returns whether there are older ones still
   * @throws ParleyError
   */
  loadOlder(conversationId: string, limit?: number): Promise<boolean>;
};

/** Reads backwards. Two calls for one conversation at once are one. */
export function createHistory(inbox: Inbox, call: Call, onEpoch: () => void): History {
  const loading = new Map<string, Promise<boolean>>();

  async function load(conversationId: string, limit: number): Promise<boolean> {
    const ledger = inbox.get(conversationId);
    if (!ledger) throw new ParleyError('not_found', 'No such conversation is known here.');
    if (!viewOf(ledger).hasOlder) return false;
    inbox.apply(conversationId, { kind: 'loading' });
    try {
      const page = await call('history.page', { conversationId, beforeSeq: ledger.from + 1, limit });
      if (page.epoch !== inbox.epoch) {
        inbox.apply(conversationId, { kind: 'loadingFailed' });
        onEpoch();
      } else inbox.apply(conversationId, { kind: 'older', messages: page.messages, more: page.more });
    } catch (error) {
      inbox.apply(conversationId, { kind: 'loadingFailed' });
      throw error;
    }
    const now = inbox.get(conversationId);
    return now !== undefined && viewOf(now).hasOlder;
  }

  return {
    loadOlder(conversationId, limit = limits.pageDefault) {
      const known = loading.get(conversationId);
      if (known) return known;
      const page = load(conversationId, limit).finally(() => loading.delete(conversationId));
      loading.set(conversationId, page);
      return page;
    },
  };
}
