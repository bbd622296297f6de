import { writeFileSync } from 'node:fs';

/** Where a space is reached, as HAProxy's map knows it. */
export type Door = { name: string; ports: readonly number[]; hosts: readonly string[] };

/** The map that `haproxy.cfg` reads: a port or a host name in lower case, then the space. */
export function spacesMap(doors: readonly Door[]): string {
  const rows = doors.flatMap(({ name, ports, hosts }) =>
    [...ports.map(String), ...hosts.map((host) => host.toLowerCase())].map((key) => `${key} ${name}`),
  );
  return ['# Port or host name -> space. Made from infra/spaces.json; a test compares the two.', ...rows, ''].join(
    '\n',
  );
}

export function writeSpacesMap(path: string, doors: readonly Door[]): void {
  writeFileSync(path, spacesMap(doors));
}
