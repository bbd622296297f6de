/**
 * Who may talk in the direct conversations of a space; the file of spaces names one of these for each. Groups and what
 * came before are read by their members whatever the rule says. The table in PROTOCOL.md is made from this one.
 */
export const talkRules = {
  anybody: 'Everybody may write to everybody, and make groups.',
  assigned:
    'A user and an agent with a confirmed assignment. An admin may write to everybody, and whom an admin wrote to may answer.',
  booked: 'Two users with a confirmed booking, whatever their roles are.',
  admins: 'An admin may write to everybody, and whom an admin wrote to may answer.',
  ask: 'Two users of whom the host application says so, whatever their roles are: it is asked, and its answer is good for 10 s.',
  support: 'Nobody: users and agents meet in support conversations only, where agents stay unknown.',
} as const satisfies Record<string, string>;

export type TalkRule = keyof typeof talkRules;
/** Those that need nothing but their name. */
export const talkRuleNames = (Object.keys(talkRules) as TalkRule[]).filter((name) => name !== 'ask');
