import { openCentrifugoClient } from './centrifugo-client.ts';
import type { Client, Hears } from './client.ts';
import { codecs } from './codec.ts';
import type { ProtocolName, Seat } from './plan.ts';
import { openSocketIoClient } from './socket-io-client.ts';
import { openTinodeClient } from './tinode-client.ts';

type Open = (seat: Seat, hears: Hears) => Client;

/** How to become a client of each. */
const opens: Record<ProtocolName, Open> = {
  parley: (...both) => openSocketIoClient(codecs.parley, ...both),
  baseline: (...both) => openSocketIoClient(codecs.baseline, ...both),
  'direct-chat': (...both) => openSocketIoClient(codecs['direct-chat'], ...both),
  centrifugo: openCentrifugoClient,
  tinode: openTinodeClient,
};

export function openClient(protocol: ProtocolName, seat: Seat, hears: Hears): Client {
  return opens[protocol](seat, hears);
}
