import { createTracing, parseTraceparent } from '@parley/node-kit';
import { describe, expect, it } from 'vitest';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

describe('traces', () => {
  it('are none, and nothing is loaded, without an endpoint', async () => {
    expect(await createTracing({ traces: undefined, nodeId: 'n1' }, 'parley-api')).toBeUndefined();
  });

  it('go on where the client began, in the words of W3C', () => {
    expect(parseTraceparent(`00-${traceId}-${spanId}-01`)).toEqual({ traceId, spanId, sampled: true });
    expect(parseTraceparent(`00-${traceId}-${spanId}-00`)).toEqual({ traceId, spanId, sampled: false });
    // A later version may say more.
    expect(parseTraceparent(`cc-${traceId}-${spanId}-01-what-comes`)).toEqual({ traceId, spanId, sampled: true });
  });

  it.each([
    undefined,
    '',
    'nonsense',
    ['00', traceId, spanId, '01'],
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId}-${spanId}`,
  ])('begin anew after %o', (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });
});
