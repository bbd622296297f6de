/** Every contract that the clients of a space may speak: each name has its table in the package of dialects. */
export const dialectNames = [
  'native',
  'alien-fit',
  'direct-chat',
  'precious-jewellery',
  'trainer-chat',
  'tutor-go',
] as const;
export type DialectName = (typeof dialectNames)[number];
