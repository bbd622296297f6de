import readings from '../../contracts.golden.json' with { type: 'json' };

/** What the document of a product says of a name, and how we read it. */
export type Reading = { readonly document: string; readonly reading: string };
type Named = Readonly<Record<string, Reading>>;

/** What the page of a contract (`contracts/<name>.md`) says of its routes and events. */
export type Readings = { readonly takes: Named; readonly says: Named; readonly routes: Named };

const none: Readings = { takes: {}, says: {}, routes: {} };
const all: Readonly<Record<string, Readings>> = readings;

export const readingsOf = (dialect: string): Readings => all[dialect] ?? none;

/** In Markdown, as both kinds of document have it. */
export const described = (read?: Reading): string =>
  read ? [`The document: ${read.document}`, read.reading].join('\n\n').trim() : '';
