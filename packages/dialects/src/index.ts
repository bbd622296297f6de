import type { Dialect } from './dialect.ts';
import { native } from './native.ts';

export * from './dialect.ts';
export { native };

/** Every dialect, by its name. */
export const dialects: Readonly<Record<string, Dialect>> = { [native.name]: native };
