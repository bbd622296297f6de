import { readFileSync } from 'node:fs';
import type { Dialect } from '@parley/dialects';

type Schema = {
  type?: unknown;
  properties?: object;
  items?: unknown;
  anyOf?: unknown[];
  minimum?: number;
  const?: unknown;
};

/** A page on which a developer tries a contract by hand: every event and request of its table, with a payload to start from. */
export function tryOutPage({ name, inbound, routes }: Dialect): string {
  const events = inbound === 'commands' ? [] : Object.entries(inbound);
  const contract = {
    events: events.map(([event, steps]) => ({ event, payload: exampleOf(steps[0]?.takes) })),
    requests: routes.map(({ method, path, step }) => {
      const inPath = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
      const given = Object.entries(exampleOf(step.takes) as object).filter(([key]) => !inPath.includes(key));
      return { method, path, body: Object.fromEntries(given) };
    }),
  };
  const data = JSON.stringify(contract).replaceAll('<', String.raw`\u003c`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Try ${name}</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
  fieldset { border: 1px solid #ccc; margin: 1rem 0 } label { display: inline-block; margin: .25rem 1rem .25rem 0 }
  textarea, pre { width: 100%; box-sizing: border-box; font: 13px/1.4 ui-monospace, monospace }
  pre { background: #f5f5f5; padding: .75rem; min-height: 12rem; white-space: pre-wrap; overflow-wrap: anywhere }
</style>
<h1>Try ${name}</h1>
<fieldset><legend>Who</legend>
  <label>User <input id="user" value="1"></label>
  <label>Role <select id="role"><option>user<option value="agent">agent (trainer)<option>admin</select></label>
  <button id="mint">Get a development token</button>
  <label>Token <input id="token" size="40" autocomplete="off"></label>
  <button id="connect">Connect</button> <button id="disconnect">Disconnect</button> <output id="state">not connected</output>
</fieldset>
<fieldset><legend>Send an event</legend>
  <label>Event <select id="event"></select></label> <button id="emit">Send</button>
  <label>Again every <input id="every" type="number" min="1" size="4" value="25"> s</label> <button id="repeat">Repeat</button>
  <textarea id="payload" rows="4" spellcheck="false"></textarea>
</fieldset>
<fieldset><legend>Ask over HTTP</legend>
  <label>Request <select id="request"></select></label> <label>Path <input id="path" size="50"></label> <button id="ask">Ask</button>
  <textarea id="body" rows="4" spellcheck="false"></textarea>
</fieldset>
<h2>What came</h2>
<pre id="log" aria-live="polite"></pre>
<script type="application/json" id="contract">${data}</script>
<script src="/socket.io/socket.io.min.js"></script>
<script src="/try-out/script.js"></script>
</html>`;
}

/** What the page runs, as it stands. */
export const tryOutScript = (): string => readFileSync(new URL('./script.js', import.meta.url), 'utf8');

/** Something of the right shape to type over: the first alternative, the least number, an empty text. */
function exampleOf(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return {};
  const { type, properties, items, anyOf, minimum, const: only } = schema as Schema;
  if (only !== undefined) return only;
  if (anyOf) return exampleOf(anyOf[0]);
  if (properties) return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, exampleOf(value)]));
  if (type === 'array') return items === undefined ? [] : [exampleOf(items)];
  if (type === 'integer' || type === 'number') return minimum ?? 1;
  return type === 'boolean' ? true : '';
}
