import type { PeerName } from '../../generator/plan.ts';
import type { GoProgram } from '../../run/go-build.ts';
import type { Stores } from '../stores.ts';
import type { Population, System } from '../system.ts';
import { centrifugo } from './centrifugo.ts';

/** What others wrote: how it is built, and how it becomes a system of the bench. */
export type Peer = {
  title: string;
  program: GoProgram;
  system: (population: Population, stores: Stores, logDir: string, binary: string) => System;
};

export const peers: Record<PeerName, Peer> = {
  centrifugo: {
    title: 'Centrifugo',
    program: {
      module: 'github.com/centrifugal/centrifugo/v5',
      version: '5.4.9',
      package: 'github.com/centrifugal/centrifugo/v5',
    },
    system: centrifugo,
  },
};

export function titleOf({ title, program }: Peer): string {
  return `${title} ${program.version}`;
}
