import { type Check, error, warning } from '../check.ts';

/** Tokens are judged with 5 s of tolerance; logs and metrics of several machines are read side by side. */
const errorMs = 5_000;
const warningMs = 1_000;

export const clocks: Check = {
  name: 'clocks agree',
  find: ({ clocks: known }) =>
    known.flatMap(({ name, aheadMs, withinMs }) => {
      const apart = Math.abs(aheadMs) - withinMs;
      if (apart <= warningMs) return [];
      const say = apart > errorMs ? error : warning;
      const direction = aheadMs > 0 ? 'ahead of' : 'behind';
      return [
        say(
          `${name} is ${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${direction} this machine: tokens end too early or too late`,
          'Run chrony or systemd-timesyncd on every machine: timedatectl set-ntp true',
        ),
      ];
    }),
};
