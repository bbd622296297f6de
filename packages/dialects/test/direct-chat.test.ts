import { conversationId, nothingMore, type Payload } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { bystander, dialects, native, speak } from '../src/index.ts';

const directChat = dialects['direct-chat'] ?? native;
const receipt: Payload<'receipt.advanced'> = {
  conversationId: conversationId(7),
  rev: 1,
  userId: '2',
  readSeq: 3,
  deliveredSeq: 3,
  at: '2026-01-21T10:30:00.000Z',
};

describe('direct-chat', () => {
  it('says that messages were read when they were, and nothing when they only arrived', () => {
    const said = (payload: Payload<'receipt.advanced'>) =>
      speak(directChat, 'receipt.advanced', payload, nothingMore, bystander).map(([name]) => name);
    expect(said(receipt)).toEqual(['messages_read']);
    expect(said({ ...receipt, deliveredSeq: 4 })).toEqual([]);
    expect(said({ ...receipt, readSeq: 0, deliveredSeq: 1 })).toEqual([]);
    expect(said({ ...receipt, deliveredSeq: 4, messageIds: ['x'] })).toEqual(['messages_read']);
  });
});
