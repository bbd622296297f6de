import { fileURLToPath } from 'node:url';

/** The folder of `haproxy.cfg` and `infra/`. */
export const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));
