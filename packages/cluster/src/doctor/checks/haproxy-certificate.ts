import { type Check, error, warning } from '../check.ts';

const dayMs = 86_400_000;
/** What renews by itself does so a month before: two weeks before the end it has not. */
const warningMs = 14 * dayMs;

/** The day on which it ends nobody gets in, without anything having changed. */
export const haproxyCertificate: Check = {
  name: 'HAProxy certificate',
  find: ({ certificates }) =>
    certificates.flatMap((certificate) => {
      const { path } = certificate;
      if ('unreadable' in certificate) {
        return [
          error(
            `${path} cannot be read: ${certificate.unreadable}`,
            'Let PARLEY_TLS_CERT name a PEM file, or a folder of them.',
          ),
        ];
      }
      const days = Math.floor(Math.abs(certificate.endsInMs) / dayMs);
      const remedy =
        'Renew it, write chain and key to this file, and reload HAProxy; what renews it by itself does not work.';
      if (certificate.endsInMs <= 0) return [error(`${path} ended ${days} days ago: clients refuse it`, remedy)];
      return certificate.endsInMs > warningMs ? [] : [warning(`${path} ends in ${days} days`, remedy)];
    }),
};
