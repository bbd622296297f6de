import { limits } from '@parley/protocol';

/** A file as far as it is known: what its first bytes are, and what its uploader says. */
type Evidence = { sniffed: string | undefined; head: Uint8Array; declared: string | undefined; name: string };

type Family = 'image' | 'media' | 'pdf';

const families: readonly (readonly [Family, type: RegExp, name: RegExp])[] = [
  ['image', /^image\/(?!svg)/, /\.(?:png|jpe?g|gif|webp|avif|heic|bmp|tiff?|ico)$/i],
  // Which of the two a container holds, its first bytes do not tell.
  ['media', /^(?:audio|video)\//, /\.(?:mp[34]|m4[av]|mov|webm|mkv|avi|og[gav]|opus|wav|flac|aac)$/i],
  ['pdf', /^application\/pdf$/, /\.pdf$/i],
];

/** Shown by browsers without running anything. Not SVG, which is a document with scripts. */
const inline = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/apng']);

/** What a file is by its bytes; `undefined` where it says that it is something else. */
export function typeOf(evidence: Evidence): string | undefined {
  const { sniffed, head, declared = '', name } = evidence;
  const type = sniffed?.replace(/;.*/, '') ?? (isText(head) ? 'text/plain' : 'application/octet-stream');
  const isWhatItIs = families.every(([family, ofType, ofName]) => {
    if (!ofType.test(declared) && !ofName.test(name)) return true;
    // There are sounds and films without a mark that everybody knows; every picture has one.
    return ofType.test(type) || (family === 'media' && type === 'application/octet-stream');
  });
  return isWhatItIs ? type : undefined;
}

export const isShownInline = (type: string): boolean => inline.has(type);

/** The last part of what an uploader calls a file, as a name for people: it never becomes a part of a path of ours. */
export function plainName(given = ''): string {
  const last = given.split(/[/\\]/).at(-1) ?? '';
  const printable = Array.from(last.toWellFormed().replaceAll('\ufffd', '')).filter((character) => character >= ' ');
  const name = printable.slice(0, limits.attachmentNameCharsMax).join('').trim();
  return /^\.*$/.test(name) ? 'file' : name;
}

/** UTF-8 without control characters; the last character may be cut. */
function isText(head: Uint8Array): boolean {
  if (head.some((byte) => byte < 0x20 && !blanks.has(byte))) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Tab, line feed, form feed, carriage return, and what begins a colour in a terminal. */
const blanks = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1b]);
