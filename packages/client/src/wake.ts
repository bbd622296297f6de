type Page = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

/**
 * Runs when the network came back or the page is looked at again: no reason to wait for the next try. Does nothing
 * where there is no page.
 * @returns how to stop
 */
export function onWake(run: () => void, page: Partial<Page> = globalThis as Partial<Page>): () => void {
  const names = ['online', 'pageshow'];
  for (const name of names) page.addEventListener?.(name, run);
  return () => {
    for (const name of names) page.removeEventListener?.(name, run);
  };
}
