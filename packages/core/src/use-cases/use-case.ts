import type { CommandName, Input, Output } from '@parley/protocol';
import type { Caller } from '../caller.ts';
import type { Parts } from '../parts.ts';

/** One verb. It checks, decides, writes, tells and returns; what it cannot do it throws as a `Failure`. */
export type UseCase<N extends CommandName> = (parts: Parts, caller: Caller, input: Input<N>) => Promise<Output<N>>;
