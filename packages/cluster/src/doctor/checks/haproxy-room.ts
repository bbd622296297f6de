import { type Check, error, warning } from '../check.ts';

const fullShare = 0.8;
const connectionsMin = 1_000;

export const haproxyRoom: Check = {
  name: 'HAProxy has room for connections',
  find: ({ balancer }) => {
    if (!balancer) return undefined;
    const { connections, connectionsMax: max } = balancer;
    const remedy = 'Raise `ulimit -n` before HAProxy starts (two descriptors a connection), or PARLEY_MAXCONN.';
    if (connections > max * fullShare) return [error(`${connections} of ${max} connections are taken`, remedy)];
    return max < connectionsMin ? [warning(`it takes ${max} connections only`, remedy)] : [];
  },
};
