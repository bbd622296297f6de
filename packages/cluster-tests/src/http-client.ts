import { type Command, type CommandName, commands, type Input, type Output, type Refusal } from '@parley/protocol';

export type HttpAnswer<N extends CommandName> =
  | { ok: true; status: number; body: Output<N> }
  | { ok: false; status: number; error: Refusal | undefined };

const timeoutMs = 10_000;

/** One command over HTTP, by its row in the table. Answers also what is refused; throws when nobody answers. */
export async function callHttp<N extends CommandName>(
  { url, token }: { url: string; token: string | undefined },
  name: N,
  input: Input<N>,
): Promise<HttpAnswer<N>> {
  const { http }: Command = commands[name];
  if (!http) throw new Error(`${name} has no route`);
  const rest = new Map<string, unknown>(Object.entries(input));
  const path = http.path.replace(/:(\w+)/g, (_, key: string) => {
    const value = String(rest.get(key));
    rest.delete(key);
    return encodeURIComponent(value);
  });
  const isGet = http.method === 'GET';
  const query =
    isGet && rest.size > 0
      ? `?${new URLSearchParams([...rest].map(([key, value]): [string, string] => [key, String(value)])).toString()}`
      : '';
  const response = await fetch(`${url}${path}${query}`, {
    method: http.method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(!isGet && { 'content-type': 'application/json' }),
    },
    ...(!isGet && { body: JSON.stringify(Object.fromEntries(rest)) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const body = (await response.json()) as Output<N> & { error?: Refusal };
  return response.ok
    ? { ok: true, status: response.status, body }
    : { ok: false, status: response.status, error: body.error };
}
