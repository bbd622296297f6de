export type Emitter<E> = {
  /** @returns how to stop listening */
  on<K extends keyof E>(name: K, listener: (event: E[K]) => void): () => void;
  emit<K extends keyof E>(name: K, event: E[K]): void;
};

/** Tells those who listen at that moment, in the order in which they came, at once. */
export function createEmitter<E>(): Emitter<E> {
  // A list is replaced, never changed: whoever comes or goes during a telling does not disturb it.
  const listeners: { [K in keyof E]?: readonly ((event: E[K]) => void)[] } = {};

  return {
    on(name, listener) {
      const once = (event: E[typeof name]) => listener(event);
      listeners[name] = [...(listeners[name] ?? []), once];
      return () => {
        listeners[name] = (listeners[name] ?? []).filter((other) => other !== once);
      };
    },
    emit(name, event) {
      for (const listener of listeners[name] ?? []) {
        try {
          listener(event);
        } catch (error) {
          // A listener's defect must not stop the next listener, nor leave a ledger half applied. It surfaces as what
          // it is, an uncaught error of the application.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
}
