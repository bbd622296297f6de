import type { PeerName } from '../../generator/plan.ts';
import type { Stores } from '../stores.ts';
import type { Population, System } from '../system.ts';
import { centrifugo } from './centrifugo.ts';
import { tinode } from './tinode.ts';

/** What others wrote: how it is built from its Go module, and how it becomes a system of the bench. */
export type Peer = {
  title: string;
  module: string;
  version: string;
  tags?: readonly string[];
  /** File name of each program → import path of its `main`. */
  programs: Readonly<Record<string, string>>;
  /** @param folder where its programs are */
  system: (population: Population, stores: Stores, logDir: string, folder: string) => System;
};

export const peers: Record<PeerName, Peer> = {
  centrifugo: {
    title: 'Centrifugo',
    module: 'github.com/centrifugal/centrifugo/v5',
    version: '5.4.9',
    programs: { centrifugo: 'github.com/centrifugal/centrifugo/v5' },
    system: centrifugo,
  },
  tinode: {
    title: 'Tinode',
    module: 'github.com/tinode/chat',
    version: '0.25.3',
    tags: ['postgres'],
    programs: { tinode: 'github.com/tinode/chat/server', 'tinode-db': 'github.com/tinode/chat/tinode-db' },
    system: tinode,
  },
};

export function titleOf({ title, version }: Peer): string {
  return `${title} ${version}`;
}
