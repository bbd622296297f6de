import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conversationRoom, everybodyRoom, inboxRoom } from '../src/rooms.ts';

const socketIdChars = 20;
const space = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const userId = fc.string({ minLength: 1, maxLength: 24 });

describe('the name of a room', () => {
  it('never has the length of a socket id', () => {
    fc.assert(
      fc.property(space, userId, fc.nat(), (space, userId, no) => {
        expect(inboxRoom(space, userId).length).not.toBe(socketIdChars);
        expect(conversationRoom(space, no).length).not.toBe(socketIdChars);
        expect(everybodyRoom(space).length).not.toBe(socketIdChars);
      }),
    );
    expect(inboxRoom('main', 'x'.repeat(socketIdChars - 'u:main:'.length))).toHaveLength(socketIdChars + 1);
  });

  it('is the name of no other room', () => {
    fc.assert(
      fc.property(space, userId, space, userId, (spaceA, a, spaceB, b) => {
        fc.pre(spaceA !== spaceB || a !== b);
        expect(inboxRoom(spaceA, a)).not.toBe(inboxRoom(spaceB, b));
        expect(inboxRoom(spaceA, a)).not.toBe(conversationRoom(spaceB, 1));
        expect(everybodyRoom(spaceA)).not.toBe(inboxRoom(spaceB, b));
      }),
    );
  });
});
