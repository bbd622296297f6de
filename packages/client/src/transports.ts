import { NodeWebSocket, NodeXHR } from 'socket.io-client';

/** How long a frozen node may leave us waiting for its half of the farewell. By itself `ws` would wait 30 s. */
const farewellMsMax = 1_000;

/**
 * The usual WebSocket, which lets a process end soon after `close()`, whatever the other side does. In browsers
 * bundlers put the page's own WebSocket in its place, which knows no such option and needs none.
 */
class PromptWebSocket extends NodeWebSocket {
  override createSocket(uri: string, protocols: string | string[] | undefined, options: object): unknown {
    return super.createSocket(uri, protocols, { ...options, closeTimeout: farewellMsMax });
  }
}

export const transports = { websocket: PromptWebSocket, polling: NodeXHR };
