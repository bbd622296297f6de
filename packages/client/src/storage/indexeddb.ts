import type { Json, Storage } from './storage.ts';

const storeName = 'entries';

/**
 * Keeps in IndexedDB, one database per `name`. Give each user and each tab that stays open its own name.
 * @param factory another IndexedDB than the page's own
 */
export function indexedDbStorage(name = 'parley', factory: Factory = globalFactory()): Storage {
  let database: Database | undefined;

  return {
    async load() {
      database ??= await openDatabase(factory, name);
      const store = database.transaction([storeName], 'readonly').objectStore(storeName);
      const [keys, values] = await Promise.all([answer(store.getAllKeys()), answer(store.getAll())]);
      return new Map(keys.map((key, i) => [String(key), values[i] as Json]));
    },
    write(changes) {
      return new Promise((resolve, reject) => {
        if (!database) throw new Error('load() comes first');
        // `strict`: the browser answers after the data reached the disk, which is what an outbox promises.
        const transaction = database.transaction([storeName], 'readwrite', { durability: 'strict' });
        transaction.addEventListener('complete', () => resolve());
        transaction.addEventListener('error', () => reject(failure(transaction.error)));
        transaction.addEventListener('abort', () => reject(failure(transaction.error)));
        const store = transaction.objectStore(storeName);
        for (const { key, value } of changes) {
          if (value === undefined) store.delete(key);
          else store.put(value, key);
        }
      });
    },
    async close() {
      // IndexedDB closes after the transactions that are under way.
      database?.close();
      database = undefined;
    },
  };
}

// What is used of IndexedDB, so that this compiles without the DOM's types.
type Speaker = { addEventListener(name: string, listener: () => void): void };
type Request<T> = Speaker & { result: T; error: unknown };
type ObjectStore = {
  getAll(): Request<unknown[]>;
  getAllKeys(): Request<unknown[]>;
  put(value: unknown, key: string): unknown;
  delete(key: string): unknown;
};
type Transaction = Speaker & { error: unknown; objectStore(name: string): ObjectStore };
type Database = {
  createObjectStore(name: string): unknown;
  transaction(stores: string[], mode: 'readonly' | 'readwrite', options?: { durability: 'strict' }): Transaction;
  close(): void;
};
type Factory = { open(name: string, version: number): Request<Database> };

function globalFactory(): Factory {
  const { indexedDB } = globalThis as { indexedDB?: Factory };
  if (!indexedDB) throw new Error('There is no IndexedDB here.');
  return indexedDB;
}

function openDatabase(factory: Factory, name: string): Promise<Database> {
  const request = factory.open(name, 1);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(storeName));
  return answer(request);
}

function answer<T>(request: Request<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(failure(request.error)));
  });
}

function failure(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error('IndexedDB failed', { cause });
}
