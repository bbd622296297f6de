import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createExpiry } from '../src/expiry.ts';

const dayMs = 86_400_000;

describe('the end of a token', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('comes when it was set for, and not before', () => {
    const onEnd = vi.fn<() => void>();
    createExpiry(onEnd).set(new Date(Date.now() + 5_000));
    vi.advanceTimersByTime(4_999);
    expect(onEnd).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it('is moved by a refresh', () => {
    const onEnd = vi.fn<() => void>();
    const expiry = createExpiry(onEnd);
    expiry.set(new Date(Date.now() + 5_000));
    expiry.set(new Date(Date.now() + 50_000));
    vi.advanceTimersByTime(49_000);
    expect(onEnd).not.toHaveBeenCalled();
  });

  it('may lie further away than a timer of Node reaches', () => {
    const onEnd = vi.fn<() => void>();
    createExpiry(onEnd).set(new Date(Date.now() + 40 * dayMs));
    vi.advanceTimersByTime(39 * dayMs);
    expect(onEnd).not.toHaveBeenCalled();
    vi.advanceTimersByTime(dayMs);
    expect(onEnd).toHaveBeenCalledOnce();
  });
});
