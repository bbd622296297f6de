import type { Call } from './sync.ts';

export type Viewing = {
  /** We look at this conversation, in every session to come. */
  begin(conversationId: string): void;
  end(conversationId: string): void;
  resume(): void;
};

/** What the application looks at. A session forgets it when it ends; this does not. */
export function createViewing(call: Call): Viewing {
  const viewed = new Set<string>();

  // A hint, as typing is: whoever misses it loses nothing.
  function tell(name: 'viewing.start' | 'viewing.stop', conversationId: string): void {
    call(name, { conversationId }).catch(() => {});
  }

  return {
    begin(conversationId) {
      viewed.add(conversationId);
      tell('viewing.start', conversationId);
    },
    end(conversationId) {
      if (viewed.delete(conversationId)) tell('viewing.stop', conversationId);
    },
    resume() {
      for (const conversationId of viewed) tell('viewing.start', conversationId);
    },
  };
}
