import { type Check, error, warning } from '../check.ts';
import { sectionOf } from '../haproxy-config.ts';

/** A node that drains keeps its sessions and gets no new ones; anything sticky besides undoes that. */
export const haproxyDrain: Check = {
  name: 'HAProxy cookie and checks against drain',
  find: ({ haproxyConfig: config }) => {
    if (config === undefined) return undefined;
    const sockets = sectionOf(config, 'backend sockets');
    const has = (pattern: RegExp): boolean => sockets.some((line) => pattern.test(line));
    return [
      ...(has(/^cookie /) && !has(/^ignore-persist /)
        ? [
            error(
              'a cookie sends clients back to a node that drains',
              'Take the cookie out (the id of a session names its node already), or add: ignore-persist unless { url_param(sid) -m found }',
            ),
          ]
        : []),
      ...(has(/^http-check disable-on-404$/)
        ? []
        : [
            error(
              'a node that drains (404) is called down instead of being spared new clients',
              'Add `http-check disable-on-404` to backend sockets.',
            ),
          ]),
      ...(has(/^use-server .*url_param\(sid\)/)
        ? []
        : [
            error(
              'long-polling sessions do not stay on their node',
              'Keep the line `use-server %[url_param(sid),bytes(0,2)]`.',
            ),
          ]),
      ...(has(/on-marked-down shutdown-sessions/)
        ? [
            warning(
              'a node that fails its check loses all its clients at once',
              'Take `on-marked-down shutdown-sessions` out.',
            ),
          ]
        : []),
    ];
  },
};
