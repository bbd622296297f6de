import type { DialectName } from '@parley/protocol';
import { alienFit } from './alien-fit.ts';
import type { Dialect } from './dialect.ts';
import { directChat } from './direct-chat.ts';
import { native } from './native.ts';
import { preciousJewellery } from './precious-jewellery.ts';
import { trainerChat } from './trainer-chat.ts';
import { tutorGo } from './tutor-go.ts';

export * from './dialect.ts';
export { idsIn, type Imported, withImported } from './imported.ts';
export {
  type Call,
  type Desk,
  type Fields,
  type GuestDesk,
  type GuestStep,
  type Me,
  Refused,
  refused,
  type Step,
} from './step.ts';
export { bystander, type Voice, voiceName, voicesOf } from './voices.ts';
export { native };

/** Every dialect, by its name. */
export const dialects: Readonly<Record<string, Dialect>> = {
  native,
  'alien-fit': alienFit,
  'direct-chat': directChat,
  'precious-jewellery': preciousJewellery,
  'trainer-chat': trainerChat,
  'tutor-go': tutorGo,
} satisfies Record<DialectName, Dialect>;

const spoken = new Map<string, readonly Dialect[]>();

/** What clients of a space speak: the native contract, and the one of the space. */
export function dialectsOf(name: string = native.name): readonly Dialect[] {
  let all = spoken.get(name);
  if (!all) {
    const own = dialects[name];
    spoken.set(name, (all = own && own !== native ? [native, own] : [native]));
  }
  return all;
}
