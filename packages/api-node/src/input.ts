import type { FastifyRequest } from 'fastify';
import { refused } from './refusals.ts';

/**
 * The input of a route as the request gives it: path parameters, and the query of a GET or the body of anything
 * else, as the OpenAPI document says. Only the shape is made here; the schema judges it afterwards.
 * @throws Failure `invalid` for what has no place in this request, or stands in it twice with two values
 */
export function inputOf(schema: object, request: FastifyRequest): Record<string, unknown> {
  const params = coerced(schema, record(request.params));
  const query = record(request.query);
  if (request.method === 'GET') return merged(coerced(schema, query), params);
  if (Object.keys(query).length > 0) throw refused('invalid', 'This request takes no query parameters.');
  if (!isRecord(request.body ?? {})) throw refused('invalid', 'The body is not a JSON object.');
  return merged(record(request.body), params);
}

/** A client may repeat a path parameter in the body; it must not contradict it. */
function merged(rest: Record<string, unknown>, params: Record<string, unknown>): Record<string, unknown> {
  for (const [key, value] of Object.entries(params)) {
    if (Object.hasOwn(rest, key) && rest[key] !== value) {
      const details = [{ path: `/${key}`, message: 'is in the path too, with another value' }];
      throw refused('invalid', undefined, { details });
    }
  }
  return { ...rest, ...params };
}

/** A query carries text only: numbers, switches and comma lists become what their schema asks for, if they can. */
function coerced(schema: object, query: Record<string, unknown>): Record<string, unknown> {
  const properties = 'properties' in schema ? record(schema.properties) : {};
  const types = new Map(Object.entries(properties).map(([key, property]) => [key, typeOf(property)]));
  return Object.fromEntries(Object.entries(query).map(([key, value]) => [key, coerce(value, types.get(key))]));
}

function coerce(value: unknown, type: unknown): unknown {
  // `?userIds=a,b` and `?userIds=a&userIds=b` are both lists; in the second, a comma is part of an id.
  if (type === 'array' && typeof value === 'string') return value === '' ? [] : value.split(',');
  if (typeof value !== 'string') return value;
  if ((type === 'integer' || type === 'number') && /^-?\d{1,16}$/.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

function typeOf(schema: unknown): unknown {
  return isRecord(schema) ? schema['type'] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own copy with every key, also `__proto__`, as plain data: the schema's parser refuses that one by name. */
function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? { ...value } : {};
}
