import type { Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Config } from './config.ts';
import { wallClockMs } from './wall-clock.ts';

/** Where a span hangs in its trace: 32 and 16 hexadecimal digits, as W3C's `traceparent` has them. */
export type TraceContext = { readonly traceId: string; readonly spanId: string; readonly sampled: boolean };

/** What a span says besides its time: ids, routes and codes. Never a token, what people wrote, or where they are. */
export type SpanIds = Readonly<Record<string, string | number | undefined>>;

type Begun = {
  kind: Kind;
  parent?: TraceContext | undefined;
  /** Milliseconds since 1970; now by default. */
  startMs?: number;
  ids?: SpanIds;
};
type Ended = { ids?: SpanIds; error?: string | undefined; atMs?: number };

export type OpenSpan = {
  /** What later spans hang from; absent where the sampler leaves this trace out. */
  readonly context: TraceContext | undefined;
  end(how?: Ended): void;
};

export type Tracing = {
  begin(name: string, begun: Begun): OpenSpan;
  /** Sends what is left. */
  close(): Promise<void>;
};

type Kind = 'server' | 'client' | 'producer' | 'consumer';

const sampledFlag = 1;

/**
 * Traces by OTLP over HTTP, where an endpoint is configured; `undefined` where none is. The packages are loaded only then:
 * off costs a look at one field. Spans leave in batches behind the work, and are dropped when nobody takes them.
 */
export async function createTracing(
  { traces, nodeId }: Pick<Config, 'traces' | 'nodeId'>,
  service: string,
): Promise<Tracing | undefined> {
  if (!traces) return undefined;
  const [
    { ROOT_CONTEXT, SpanKind: of, SpanStatusCode: status, trace },
    sdk,
    { OTLPTraceExporter },
    { resourceFromAttributes },
  ] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const exporter = new OTLPTraceExporter({ url: `${traces.endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.instance.id': nodeId }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(traces.share) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: traces.everyMs })],
  });
  const kinds: Record<Kind, SpanKind> = {
    server: of.SERVER,
    client: of.CLIENT,
    producer: of.PRODUCER,
    consumer: of.CONSUMER,
  };
  const tracer = provider.getTracer('parley');
  const under = (parent: TraceContext | undefined) =>
    parent
      ? trace.setSpanContext(ROOT_CONTEXT, {
          traceId: parent.traceId,
          spanId: parent.spanId,
          traceFlags: parent.sampled ? sampledFlag : 0,
          isRemote: true,
        })
      : ROOT_CONTEXT;
  return {
    begin(name, { kind, parent, startMs = wallClockMs(), ids = {} }) {
      const options = { kind: kinds[kind], startTime: new Date(startMs), attributes: said(ids) };
      return opened(tracer.startSpan(name, options, under(parent)), status.ERROR);
    },
    close: () => provider.shutdown(),
  };
}

function opened(span: Span, failed: SpanStatusCode): OpenSpan {
  const { traceId, spanId } = span.spanContext();
  return {
    context: span.isRecording() ? { traceId, spanId, sampled: true } : undefined,
    end({ ids = {}, error, atMs = wallClockMs() } = {}) {
      span.setAttributes(said(ids));
      if (error !== undefined) span.setStatus({ code: failed, message: error });
      span.end(new Date(atMs));
    },
  };
}

const said = (ids: SpanIds): Record<string, string | number> =>
  Object.fromEntries(Object.entries(ids).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/** W3C's `traceparent`; `undefined` for what is none, or is of zeros. */
export function parseTraceparent(header: unknown): TraceContext | undefined {
  if (typeof header !== 'string') return undefined;
  const [, traceId = '', spanId = '', flags = ''] =
    /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/.exec(header) ?? [];
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & sampledFlag) === sampledFlag };
}
