import type { BalancerFacts } from './balancer.ts';
import type { Certificate } from './certificates.ts';
import type { FileLimit } from './machine.ts';
import type { DirectFacts, PostgresFacts } from './postgres.ts';
import type { ReplicaFacts } from './replica.ts';
import type { RedisFacts } from './redis.ts';

/** A clock besides this machine's: how far it is ahead, and how exactly that is known. */
export type Clock = { name: string; aheadMs: number; withinMs: number };

/** What was seen; a part is absent that was not named, or did not answer. */
export type Facts = {
  /** NODE_ENV of this shell, by which secrets, origins and TLS were judged. */
  environment: string;
  /** Servers that were named and did not answer, each with why. */
  silent: readonly { name: string; reason: string }[];
  /** Each Redis that answered, also where presence is. */
  redis?: readonly RedisFacts[];
  postgres?: PostgresFacts;
  /** Past a pooler; `none`: steps of the schema go where everything goes. */
  direct?: DirectFacts | 'none';
  /** `none`: the cluster reads from the primary alone. */
  replica?: ReplicaFacts | 'none';
  balancer?: BalancerFacts;
  /** The text of haproxy.cfg. */
  haproxyConfig?: string;
  /** How many processes the nodes are: a node of several workers is as many. */
  processes?: number;
  /** Those of PARLEY_TLS_CERT. */
  certificates: readonly Certificate[];
  clocks: readonly Clock[];
  fileLimits: readonly FileLimit[];
  /** What a start would refuse about the file of spaces, and in production about the environment. */
  spaces: readonly string[];
  /** A sentence for each variable of ours that nothing reads. */
  unknownVariables: readonly string[];
};
