/** Why a server that answers cannot be used as it is named, and what to do about it. */
export type Unfit = { problem: string; remedy: string };

/**
 * A client that was given one URL is answered MOVED for whatever lies in the slots of other nodes, and follows nowhere:
 * there is no presence, and nothing is told between nodes. A Redis Cluster is known by its commas, before anybody asks.
 */
export const loneNode: Unfit = {
  problem: 'it is a node of a Redis Cluster, and is named alone: no presence, nothing told between nodes',
  remedy: 'Name several of its nodes, divided by commas; where it has one endpoint only, that one twice.',
};

/** By what INFO says. */
export const isOfCluster = (info: string): boolean => /^cluster_enabled:1/m.test(info);
