import { describe, expect, it, vi } from 'vitest';
import { createAdmission } from '../src/admission.ts';

describe('admission', () => {
  it('takes a burst, then says when to come back, then as many a second as it promised', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const admission = createAdmission({ perSecond: 10, burst: 3 });
    expect([1, 2, 3].map(() => admission.take().ok)).toEqual([true, true, true]);
    expect(admission.take()).toMatchObject({ ok: false, retryAfterMs: expect.any(Number) });
    vi.advanceTimersByTime(100);
    expect(admission.take().ok).toBe(true);
    expect(admission.take().ok).toBe(false);
    vi.useRealTimers();
  });
});
