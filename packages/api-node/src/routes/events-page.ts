import type { Json, JsonObject } from '@parley/protocol/docs';

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
  code, pre { font: 13px/1.4 ui-monospace, monospace } pre { background: #f5f5f5; padding: .75rem; overflow: auto }
  summary { cursor: pointer } h2 { margin-top: 2rem } .name { font-weight: 600 }`;

/** The AsyncAPI document as one page without scripts: what clients send, and what they hear. */
export function eventsPage(document: JsonObject): string {
  const operations = Object.entries(objectAt(document, 'operations'));
  const { title } = objectAt(document, 'info');
  const messages = objectAt(objectAt(document, 'components'), 'messages');
  const list = (action: string) =>
    operations
      .filter(([, operation]) => object(operation)['action'] === action)
      .map(([, operation]) => item(object(operation), object(messages[messageNamed(object(operation))] ?? {})))
      .join('\n');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${text(title)}</title><style>${style}</style>
<h1>${text(title)}</h1>
<p>${text(objectAt(document, 'info')['description'])} The same as a document: <a href="/docs/asyncapi.json">asyncapi.json</a>.
Over HTTP: <a href="/docs">OpenAPI</a>.</p>
<h2>What clients say</h2>
${list('receive')}
<h2>What the server says</h2>
${list('send')}
</html>`;
}

/** The last part of the reference to its message. */
function messageNamed({ messages }: JsonObject): string {
  const [reference] = Array.isArray(messages) ? messages : [];
  const { $ref } = object(reference ?? {});
  return typeof $ref === 'string' ? ($ref.split('/').at(-1) ?? '') : '';
}

function item(operation: JsonObject, message: JsonObject): string {
  const name = text(message['name']);
  const schema = JSON.stringify(message['payload'] ?? {}, undefined, 2);
  return `<details id="${name}"><summary><code class="name">${name}</code> ${text(operation['summary'])}</summary>
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
