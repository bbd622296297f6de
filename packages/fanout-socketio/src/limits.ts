/** Every maximum of telling and repair. What a client can meet is in the protocol's limits. */
export const limits = {
  /** What is missing is usually on its way: so long it has before the log is asked, by the net that showed it. */
  inFlightChanceMs: { hold: 40, resync: 40, tail: 500 },
  /** A conversation that nobody seeded gathers its first frames this long, so that it begins with the earliest. */
  settleMs: 25,
  /** Asking the log again after it could not be reached: doubled each time, up to the maximum. */
  logRetryMs: 100,
  logRetryMsMax: 2_000,
  /** Frames that one conversation keeps while it waits for a hole to be filled; more are read from the log instead. */
  heldFramesMax: 256,
  /** Frames that wait with somebody who came in without a proof; who misses more hears the heads instead. */
  newcomerFramesMax: 256,
  /** A room that missed more than this hears its `heads` and synchronises, instead of everything. */
  repairedMessagesMax: 2_000,
  /** Messages asked of the log at a time. */
  messagesPerQuery: 500,
  /** An answer of the log serves other rooms that ask the same within this time. */
  answerKeptMs: 100,
  /** Questions to the log that repair has in flight. */
  logQueriesMax: 8,
  /** Conversations that an inbox remembers the order of; the one that was made known first is forgotten. */
  lanesPerRoomMax: 2_000,
  /** Conversations in one question for standings. */
  standingsPerQuery: 500,
  /** Pause between two such questions, at most: nodes that repair together do not ask together. */
  resyncPauseMsMax: 60,
  /** How often a node reads what moved. */
  tailEveryMs: 2_000,
  /** A node that is later than this many readings of the tail stood still for as long as its lease lives. */
  stallPeriods: 4,
  /** Moved conversations that the log is asked about, for each reading, on behalf of users who have not joined them all. */
  hintQuestionsMax: 200,
  /** A joined room is confirmed by Redis within this time, or the session goes on unconfirmed and is repaired later. */
  confirmMs: 1_000,
  /** Channels in one SSUBSCRIBE. */
  channelsPerCommand: 512,
  /** A subscription that Redis refused is asked for again after this. */
  subscribeRetryMs: 250,
  /** Publishes without an answer; more are not sent, and repaired. */
  publishesInFlightMax: 20_000,
  publishBytesInFlightMax: 64 * 1024 * 1024,
  /** Redis that is silent for this long with something to answer counts as frozen: the connection is made anew. */
  redisSilenceMs: 1_000,
  redisSilenceMsMax: 30_000,
  /** How often a silence is looked for, and the node speaks to itself. */
  redisWatchMs: 500,
  /** How soon it is noticed that a slot of a Redis Cluster has moved, or that a replica took over. */
  slotsRefreshMs: 1_000,
  /** Channels on which a node speaks to itself through a Redis Cluster. */
  probesOfCluster: 16,
  /** How long other nodes have to say that a device of theirs looks at a conversation. */
  lookingMs: 200,
  /** How often write buffers are measured. */
  writeBufferSampleMs: 1_000,
  /** A session that was ended has this long to read why, before its connection is cut. */
  closeGraceMs: 2_000,
} as const;
