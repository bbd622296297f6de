import { limits } from '@parley/protocol';
import type { UseCase } from './use-case.ts';

export const listAudit: UseCase<'audit.list'> = ({ administration }, { space }, input) =>
  administration.audit(space, { limit: limits.pageDefault, ...input });
