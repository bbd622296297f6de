import { limits } from '@parley/protocol';
import { Type, type Static } from 'typebox';

/** Pages by number, from 1, as contracts of other products count them. */
export const Page = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
});
export type Page = Static<typeof Page>;

/** A page larger than Parley gives is answered with as much as it gives. */
const limitOf = ({ limit }: Page, otherwise: number): number => Math.min(limit ?? otherwise, limits.pageMax);

export function pageOf(page: Page, otherwise: number): { offset: number; limit: number } {
  const limit = limitOf(page, otherwise);
  return { offset: ((page.page ?? 1) - 1) * limit, limit };
}

export const totalPages = (total: number, page: Page, otherwise: number): number =>
  Math.ceil(total / limitOf(page, otherwise));
