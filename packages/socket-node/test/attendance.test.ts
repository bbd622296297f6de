import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createAttendance } from '../src/attendance.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function attend(timeoutMs: number | undefined) {
  const seen: string[] = [];
  return { seen, ...createAttendance({ come: () => seen.push('come'), go: () => seen.push('go'), timeoutMs }) };
}

it('a connection counts from the beginning, while it beats, and not when it stopped; a later beat brings it back', () => {
  const { seen, beat, end } = attend(50_000);
  vi.advanceTimersByTime(49_999);
  beat();
  vi.advanceTimersByTime(49_999);
  expect(seen).toEqual(['come']);
  vi.advanceTimersByTime(1);
  expect(seen).toEqual(['come', 'go']);
  beat();
  expect(seen).toEqual(['come', 'go', 'come']);
  end();
  vi.advanceTimersByTime(100_000);
  expect(seen).toEqual(['come', 'go', 'come', 'go']);
});

it('without a heartbeat in its contract it counts as long as it is open, and its end is told once', () => {
  const { seen, end } = attend(undefined);
  vi.advanceTimersByTime(10_000_000);
  end();
  end();
  expect(seen).toEqual(['come', 'go']);
});
