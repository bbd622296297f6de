/**
 * Ids without a look-up. A conversation has a number `no` (below 2^48) and each of its messages a number `seq`
 * (below 2^53); the id of a message is a bijection of the two, written as a UUIDv8:
 *
 *     nnnnnnnn-nnnn-8sss-8sss-ssssssssssss      n = no, s = seq (the variant bits are fixed)
 *
 * The conversation's own id is the id of its message 0, which never exists. Nobody may rely on an id being hard to
 * guess: every read asks for membership.
 */
const noMax = 2 ** 48 - 1;
const seqMax = Number.MAX_SAFE_INTEGER;
const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/;

export type MessageKey = { no: number; seq: number };

export function messageId(no: number, seq: number): string {
  if (!within(no, 1, noMax) || !within(seq, 0, seqMax)) throw new RangeError(`no message id for ${no}/${seq}`);
  const n = no.toString(16).padStart(12, '0');
  const s = seq.toString(16).padStart(18, '0');
  return `${n.slice(0, 8)}-${n.slice(8)}-8${s.slice(0, 3)}-8${s.slice(3, 6)}-${s.slice(6)}`;
}

export function conversationId(no: number): string {
  return messageId(no, 0);
}

/** The numbers behind an id, or `undefined` for a text that is no id of ours. */
export function parseMessageId(id: string): MessageKey | undefined {
  if (!pattern.test(id)) return undefined;
  const no = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  const seq = Number.parseInt(id.slice(15, 18) + id.slice(20, 23) + id.slice(24), 16);
  return no >= 1 && seq <= seqMax ? { no, seq } : undefined;
}

/** The number of a conversation, or `undefined` for a text that is no conversation's id. */
export function parseConversationId(id: string): number | undefined {
  const key = parseMessageId(id);
  return key?.seq === 0 ? key.no : undefined;
}

function within(n: number, min: number, max: number): boolean {
  return Number.isInteger(n) && n >= min && n <= max;
}
