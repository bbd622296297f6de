import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text as textOf } from 'node:stream/consumers';

/** A span as it came over the wire, with its attributes by name. */
export type ReceivedSpan = {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  service: string;
  ids: Readonly<Record<string, string>>;
  durationMs: number;
};

type Attribute = { key: string; value: Readonly<Record<string, string | number>> };
type Batch = {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: { spans: (Record<string, string> & { attributes: Attribute[] })[] }[];
  }[];
};

/** Takes traces as a collector does, by OTLP over HTTP in JSON. */
export async function startOtlpReceiver() {
  const bodies: string[] = [];
  let headers: IncomingHttpHeaders = {};
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      if (request.url === '/v1/traces') bodies.push(body);
      headers = request.headers;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    /** Everything that came, as it came. */
    said: () => bodies.join('\n'),
    /** What came along with the last of it. */
    headers: () => headers,
    spans: (): ReceivedSpan[] => bodies.flatMap((body) => spansOf(JSON.parse(body) as Batch)),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function spansOf({ resourceSpans }: Batch): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ attributes, ...span }) => ({
        traceId: span['traceId'] ?? '',
        spanId: span['spanId'] ?? '',
        parentSpanId: span['parentSpanId'] ?? '',
        name: span['name'] ?? '',
        service: idsOf(resource.attributes)['service.name'] ?? '',
        ids: idsOf(attributes),
        durationMs: (Number(span['endTimeUnixNano']) - Number(span['startTimeUnixNano'])) / 1e6,
      })),
    ),
  );
}

const idsOf = (attributes: readonly Attribute[]): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]));
