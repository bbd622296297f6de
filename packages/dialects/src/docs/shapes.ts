import type { Json, JsonObject } from '@parley/protocol/docs';

/**
 * What several examples of one thing have in common, as a JSON schema: the types that occur, and as required what every
 * one of them has. A contract writes its answers by hand; its transcripts, which are played, say what they look like.
 */
export function shapeOf(examples: readonly Json[]): JsonObject {
  const lists = examples.filter(Array.isArray);
  const objects = examples.filter(isObject);
  const types = [...new Set(examples.map(typeOf))].filter(
    (type, _, all) => !(type === 'integer' && all.includes('number')),
  );
  return {
    ...(types.length > 0 && { type: types.length === 1 ? (types[0] ?? 'null') : types.toSorted() }),
    ...(objects.length > 0 && fieldsOf(objects)),
    ...(lists.length > 0 && { items: shapeOf(lists.flat()) }),
  };
}

function fieldsOf(objects: readonly JsonObject[]): JsonObject {
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const valuesOf = (name: string) => objects.flatMap((object) => (name in object ? [object[name] ?? null] : []));
  return {
    properties: Object.fromEntries(names.map((name) => [name, shapeOf(valuesOf(name))])),
    required: names.filter((name) => valuesOf(name).length === objects.length),
  };
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
