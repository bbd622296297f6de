export type Tokens = {
  /** A token that is good for a while: the last one, or a new one. Fails when the application's function does. */
  get(): Promise<string>;
  /** A new one. */
  renew(): Promise<string>;
  /** When the last one ends, as the server says. */
  endsAt(time: Date | undefined): void;
  /** The server refused the last one. */
  forget(): void;
  /** False for a fixed token: nothing newer will ever come. */
  readonly renewable: boolean;
};

/** A token that ends sooner than this is not used for a new session. */
const restMsMin = 30_000;

export function createTokens(token: string | (() => Promise<string>)): Tokens {
  if (typeof token === 'string') {
    const get = async () => token;
    return { get, renew: get, endsAt() {}, forget() {}, renewable: false };
  }
  let last: string | undefined;
  let end: Date | undefined;

  async function renew(): Promise<string> {
    if (typeof token === 'string') return token;
    end = undefined;
    last = await token();
    return last;
  }

  return {
    async get() {
      // Without a known end the last one is asked for anew: only the server's word makes it worth keeping.
      const isGood = last !== undefined && end !== undefined && end.getTime() - Date.now() > restMsMin;
      return isGood && last !== undefined ? last : renew();
    },
    renew,
    endsAt(time) {
      end = time;
    },
    forget() {
      last = undefined;
    },
    renewable: true,
  };
}
