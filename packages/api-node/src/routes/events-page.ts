import type { Json, JsonObject } from '@parley/protocol/docs';

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
  code, pre { font: 13px/1.4 ui-monospace, monospace } pre { background: #f5f5f5; padding: .75rem; overflow: auto }
  summary { cursor: pointer } h2 { margin-top: 2rem } .name { font-weight: 600 }`;

/** The AsyncAPI document as one page without scripts: what clients send, and what they hear. */
export function eventsPage(document: JsonObject): string {
  const operations = Object.entries(objectAt(document, 'operations'));
  const messages = objectAt(objectAt(document, 'components'), 'messages');
  const list = (action: string) =>
    operations
      .filter(([, operation]) => object(operation)['action'] === action)
      .map(([name, operation]) => item(name, object(operation), object(messages[name] ?? {})))
      .join('\n');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Parley over Socket.IO</title><style>${style}</style>
<h1>Parley over Socket.IO</h1>
<p>A command is an event with an acknowledgement. The same as a document: <a href="/docs/asyncapi.json">asyncapi.json</a>.
Over HTTP: <a href="/docs">OpenAPI</a>.</p>
<h2>Commands</h2>
${list('receive')}
<h2>Events</h2>
${list('send')}
</html>`;
}

function item(name: string, operation: JsonObject, message: JsonObject): string {
  const schema = JSON.stringify(message['payload'] ?? {}, undefined, 2);
  return `<details id="${escaped(name)}"><summary><code class="name">${escaped(name)}</code> ${text(operation['summary'])}</summary>
<p>${text(operation['description'])}</p><pre>${escaped(schema)}</pre></details>`;
}

function objectAt(value: JsonObject, key: string): JsonObject {
  return object(value[key] ?? {});
}

function object(value: Json): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? escaped(value) : '';
}

function escaped(value: string): string {
  return value.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
