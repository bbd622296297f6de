export { type Client, createClient, type SessionCommandName } from './client.ts';
export type { ConnectionState } from './connection.ts';
export { type LocalCode, ParleyError } from './error.ts';
export type { ClientEvents } from './events.ts';
export type { ClientOptions, Transport } from './options.ts';
export { type Ack, type Draft, type Entry, outboxMax } from './outbox.ts';
export { memoryStorage } from './storage/memory.ts';
export type { Change, Json, Storage } from './storage/storage.ts';
export type { ConversationView } from './view.ts';
