import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AdmissionLimits, createAdmission } from '../src/admission.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const usual: AdmissionLimits = {
  perSecond: { min: 10, max: 10 },
  busyMax: 0.5,
  burst: 3,
  openingMax: 100,
  retryAfterMsMax: 1_000,
};
const idle = () => 0;

describe('admission', () => {
  it('takes a burst, then says when to come back, then as many a second as it promised', () => {
    const admission = createAdmission(usual, idle);
    expect([1, 2, 3].map(() => admission.take().ok)).toEqual([true, true, true]);
    expect(admission.take()).toEqual({ ok: false, retryAfterMs: 100 });
    vi.advanceTimersByTime(100);
    expect(admission.take().ok).toBe(true);
    expect(admission.take().ok).toBe(false);
  });

  it('has those whom it refuses come back one after the other, and nobody later than it may say', () => {
    const admission = createAdmission({ ...usual, burst: 0 }, idle);
    const waits = Array.from({ length: 30 }, () => admission.take()).map((each) => (each.ok ? 0 : each.retryAfterMs));
    expect(waits.slice(0, 10)).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]);
    for (const wait of waits.slice(10)) {
      expect(wait).toBeGreaterThanOrEqual(500);
      expect(wait).toBeLessThanOrEqual(1_000);
    }
  });

  it('takes nobody while as many sessions as may are being opened', () => {
    const admission = createAdmission({ ...usual, burst: 1_000, openingMax: 4 }, idle);
    const [first, ...others] = [1, 2, 3, 4].map(() => admission.opening());
    expect(admission.take().ok).toBe(false);
    first?.();
    // Once only, however often it is told.
    first?.();
    expect(admission.take().ok).toBe(true);
    admission.opening();
    expect(admission.take().ok).toBe(false);
    for (const ready of others) ready();
    expect(admission.take().ok).toBe(true);
  });

  it('takes fewer while the node is busier than it may be, and more again once it is not', () => {
    let busy = 1;
    const admission = createAdmission({ ...usual, perSecond: { min: 20, max: 320 }, burst: 10 }, () => busy);
    takenIn(admission, 2_000);
    expect(takenIn(admission, 1_000)).toBeLessThanOrEqual(21);
    busy = 0.25;
    takenIn(admission, 4_000);
    expect(takenIn(admission, 1_000)).toBeGreaterThan(300);
  });

  it('begins slowly, and again after a quiet time', () => {
    const admission = createAdmission({ ...usual, perSecond: { min: 40, max: 250 }, burst: 1 }, idle);
    for (const _ of ['at first', 'after a quiet time']) {
      expect(takenIn(admission, 1_000)).toBeLessThan(80);
      takenIn(admission, 2_000);
      expect(takenIn(admission, 1_000)).toBeGreaterThan(240);
      vi.advanceTimersByTime(1_000);
    }
  });

  it('comes to rest where the node is as busy as it may be', () => {
    let taken = 0;
    // Each session keeps the node busy for 4 ms, and it is asked every 100 ms.
    const admission = createAdmission({ ...usual, perSecond: { min: 10, max: 1_000 }, burst: 1 }, () => {
      const busy = Math.min(1, taken * 0.04);
      taken = 0;
      return busy;
    });
    const each = (ms: number) => {
      let count = 0;
      for (let i = 0; i < ms; i += 1) {
        vi.advanceTimersByTime(1);
        if (!admission.take().ok) continue;
        taken += 1;
        count += 1;
      }
      return count;
    };
    each(5_000);
    const perSecond = each(10_000) / 10;
    expect(perSecond).toBeGreaterThan(100);
    expect(perSecond).toBeLessThan(150);
  });
});

/** Somebody comes each millisecond. */
function takenIn(admission: ReturnType<typeof createAdmission>, ms: number): number {
  let taken = 0;
  for (let i = 0; i < ms; i += 1) {
    vi.advanceTimersByTime(1);
    if (admission.take().ok) taken += 1;
  }
  return taken;
}
