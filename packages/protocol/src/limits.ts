/**
 * Every maximum that a client can meet, in one place. Names end in their unit; `Max` alone counts things.
 * The tables in PROTOCOL.md and the `limits` of `session.ready` are made from this file.
 */
export const limitTable = {
  frameBytesMax: [64 * 1024, 'One Socket.IO frame or one HTTP body, before parsing; uploads are apart.'],
  jsonDepthMax: [8, 'Levels of nesting in one payload: a deeper one is refused before it is validated.'],
  bodyCharsMax: [8_000, "Characters (Unicode code points) in a message's body."],
  urlCharsMax: [2_048, 'Characters in the URL of an attachment or of a picture of a user.'],
  attachmentsMax: [10, 'Attachments of one message.'],
  attachmentNameCharsMax: [255, 'Characters in the name of an attachment.'],
  fileBytesMax: [25 * 1024 * 1024, 'Bytes of an uploaded file; a space may have a limit of its own.'],
  fileQuotaBytesMax: [1024 * 1024 * 1024, 'Bytes of all files of one user; a space may have a limit of its own.'],
  uploadsAtOnceMax: [4, 'Uploads of one user that may be under way, on one node.'],
  uploadTimeoutMs: [300_000, 'From the first byte of an upload to its last.'],
  fileUnsentMs: [86_400_000, 'A file that no message carries is removed this long after its upload.'],
  fileLinkMsMin: [43_200_000, 'The least that the link of a file is good for from when it is shown.'],
  emojiCharsMax: [32, 'Characters in the emoji of a reaction: some are made of ten.'],
  emojisMax: [20, 'Different emojis under one message.'],
  reactorsNamedMax: [50, 'Users that a reaction names; its `count` counts all.'],
  userIdCharsMax: [128, "Characters in a user id, as the product's token names it."],
  nameCharsMax: [128, 'Characters in a display name, a first name or a last name.'],
  emailCharsMax: [320, 'Characters in an e-mail address.'],
  passwordCharsMin: [6, 'Characters in a new password.'],
  passwordCharsMax: [1_024, 'Characters in a password.'],
  refreshTokenCharsMax: [256, 'Characters in a refresh token.'],
  refreshGraceMs: [
    30_000,
    'A refresh token whose answer was lost brings the same successor again for so long, while that was not used.',
  ],
  titleCharsMax: [200, "Characters in a conversation's title."],
  reasonCharsMax: [500, 'Characters in the reason of a ban or a report.'],
  membersMax: [5_000, 'Members that one conversation may have.'],
  membersPerCommandMax: [500, 'Members that one command may add.'],
  pageMax: [200, 'Messages or conversations on one page.'],
  pageDefault: [50, 'What a page holds when the client does not say.'],
  readsAtOnceMax: [4, 'Reads of one user over HTTP that one node answers at a time; more wait for their turn.'],
  readAnswerBytes: [256 * 1024, 'Bytes of an answer over HTTP; each so many more draw once more on the budget `read`.'],
  versionsPageMax: [20, 'Versions of a message in one answer of `message.versions`.'],
  headsMax: [200, 'Conversations announced by `session.ready` and accepted by one `sync`.'],
  syncMessagesMax: [500, 'A conversation that is this far behind gets only its newest page from `sync`.'],
  syncBytesMax: [256 * 1024, 'Bytes of messages in one answer of `sync`; what is left follows on the next call.'],
  unreadMax: [999, 'Unread messages are counted up to here; a larger count is answered as this number.'],
  unreadTotalMax: [9_999, '`unread.total` counts up to here; a larger count is answered as this number.'],
  unreadMessagesMax: [500, 'Messages that one `unread.messages` answers.'],
  unreadBytesMax: [1024 * 1024, 'Bytes of messages in one answer of `unread.messages`; `more` tells of the rest.'],
  readRangesMax: [500, 'Ranges beyond its watermark that a member may have read one by one in a conversation.'],
  searchCharsMax: [200, 'Characters in the query of a search.'],
  searchRangesMax: [100, 'Places that a search marks in one message.'],
  watchedUsersMax: [500, 'Users that one connection may watch.'],
  viewedConversationsMax: [100, 'Conversations that one connection may look at.'],
  smallConversationMembersMax: [32, 'Receipts and typing are fanned out in conversations of up to this many members.'],
  inFlightCommandsMax: [256, 'Commands of one connection that may wait for their answer.'],
  typingTimeoutMs: [6_000, 'A typing state ends by itself after this long without another `typing.start`.'],
  writeBufferBytesMax: [4 * 1024 * 1024, 'Bytes waiting to be written to one client before it is cut.'],
  writeBufferPacketsMax: [2_000, 'Packets waiting to be written to one client before it is cut.'],
} as const satisfies Record<string, readonly [value: number, meaning: string]>;

export type Limits = { readonly [N in keyof typeof limitTable]: (typeof limitTable)[N][0] };

export const limits = Object.fromEntries(Object.entries(limitTable).map(([name, [value]]) => [name, value])) as Limits;

/**
 * How often one user may do what, on one node: `points` actions in each window of `windowMs`.
 * A command names its budget in the commands table.
 */
export const budgets = {
  send: { points: 1_000, windowMs: 10_000 },
  write: { points: 200, windowMs: 10_000 },
  read: { points: 500, windowMs: 10_000 },
  signal: { points: 100, windowMs: 10_000 },
  session: { points: 10, windowMs: 10_000 },
} as const;

export type Budget = keyof typeof budgets;

/** By whom a rare action is counted: the account that is named, the address that the load balancer sees, or the user. */
export type LimitKeys = { account?: string | undefined; address?: string | undefined; user?: string | undefined };

/**
 * Rare actions, counted over the whole cluster: `points` tries, right or wrong, in each window of `windowMs`, which is
 * made of whole seconds. An address may be an office, or all customers of a mobile network, who come back together when
 * a node goes: so addresses get more than any person needs.
 */
export const rareLimits = {
  'connect.address': { by: 'address', points: 20_000, windowMs: 60_000 },
  'login.address': { by: 'address', points: 300, windowMs: 600_000 },
  'login.account': { by: 'account', points: 20, windowMs: 600_000 },
  'register.address': { by: 'address', points: 300, windowMs: 600_000 },
  'register.account': { by: 'account', points: 20, windowMs: 600_000 },
  'refresh.address': { by: 'address', points: 3_000, windowMs: 600_000 },
} as const satisfies Record<string, { by: keyof LimitKeys; points: number; windowMs: number }>;

export type RareLimit = keyof typeof rareLimits;

/** What each allowance is for. */
export const budgetMeanings: Record<Budget, string> = {
  send: 'Sending messages.',
  write: 'Other commands that store something.',
  read: 'Commands that read.',
  signal: 'What stores nothing at once: typing, looking, delivered receipts.',
  session: 'Refreshing the token.',
};

export const rareLimitMeanings: Record<RareLimit, string> = {
  'connect.address': 'New connections.',
  'login.address': 'Logging in.',
  'login.account': 'Logging in, to one account from wherever.',
  'register.address': 'Registering.',
  'register.account': 'Registering the same e-mail address.',
  'refresh.address': 'Refreshing the token of an account, and logging out.',
};
