import { alienFit } from './alien-fit.ts';
import { directChat } from './direct-chat.ts';
import { preciousJewellery } from './precious-jewellery.ts';
import { trainerChat } from './trainer-chat.ts';
import type { Transcript } from './transcript.ts';
import { tutorGo } from './tutor-go.ts';

export * from './placeholders.ts';
export * from './transcript.ts';

/** One of each contract. */
export const transcripts: readonly Transcript[] = [alienFit, directChat, preciousJewellery, trainerChat, tutorGo];
