import type { Load } from '../generator/plan.ts';

/** A load in words. */
export function paceText(load: Load): string {
  switch (load.kind) {
    case 'open':
      return `open loop, ${load.rate}/s`;
    case 'closed':
      return `closed loop, ${load.window} in flight each`;
    case 'lone':
      return `one message at a time, ${load.pauseMs} ms apart`;
    case 'idle':
      return `idle, after connecting ${load.perSecond}/s`;
  }
}
