import { closings, handshakeRefusals } from '../closings.ts';
import {
  accessWords,
  type Command,
  commands,
  type FileRoute,
  fileRoutes,
  type GuestCommand,
  guestCommands,
} from '../commands/index.ts';
import { commonErrors, errors } from '../errors.ts';
import { events } from '../events.ts';
import { talkRules } from '../talk.ts';
import {
  type Budget,
  budgetMeanings,
  budgets,
  limitTable,
  type RareLimit,
  rareLimitMeanings,
  rareLimits,
} from '../limits.ts';
import { scalarRows, signatures } from './signatures.ts';
import { framesOf, transcript } from './transcript.ts';

/** The tables of PROTOCOL.md, in Markdown, by the names that its marks use. */
export const tables: Record<string, () => string> = {
  commands: () =>
    table(
      ['command', 'HTTP', 'budget', 'what it does', 'refused besides with'],
      Object.entries<Command>(commands).map(([name, command]) => [
        code(name),
        command.http ? code(`${command.http.method} ${command.http.path}`) : 'socket only',
        command.budget,
        `${command.summary}${command.access ? ` For ${accessWords[command.access]}${command.over ? ', over HTTP' : ''}.` : ''}`,
        codes(command.errors),
      ]),
    ),
  guests: () =>
    table(
      ['command', 'HTTP', 'what it does', 'refused besides with'],
      Object.entries<GuestCommand>(guestCommands).map(([name, { http, summary, errors: codesOf }]) => [
        code(name),
        code(`${http.method} ${http.path}`),
        summary,
        codes(codesOf),
      ]),
    ),
  files: () =>
    table(
      ['HTTP', 'what it does', 'refused with'],
      Object.values<FileRoute>(fileRoutes).map(({ http, summary, errors: codesOf }) => [
        code(`${http.method} ${http.path}`),
        summary,
        codes(codesOf),
      ]),
    ),
  'guest-fields': signatures.guests,
  types: () =>
    table(
      ['type', 'JSON', 'meaning'],
      scalarRows().map(({ name, type, meaning }) => [code(name), type, meaning]),
    ),
  shapes: signatures.shapes,
  'command-fields': signatures.commands,
  'event-fields': signatures.events,
  transcript: () => ['```', framesOf(transcript), '```'].join('\n'),
  events: () =>
    table(
      ['event', 'order', 'what it tells'],
      Object.entries(events).map(([name, event]) => [code(name), event.order, event.summary]),
    ),
  errors: () =>
    table(
      ['code', 'status', 'kind', 'same request later?', 'meaning'],
      Object.entries(errors).map(([name, { status, kind, retry, meaning }]) => [
        code(name),
        String(status),
        kind,
        retry ? 'yes' : 'no',
        meaning,
      ]),
    ),
  common: () => `${codes(commonErrors)}.`,
  talk: () =>
    table(
      ['`talk`', 'who may talk in direct conversations'],
      Object.entries(talkRules).map(([name, meaning]) => [code(name), meaning]),
    ),
  'rare-limits': () =>
    table(
      ['limit', 'counted by', 'allowance', 'for'],
      Object.entries(rareLimits).map(([name, { by, points, windowMs }]) => [
        code(name),
        by,
        `${number(points)} in ${number(windowMs / 1000)} s`,
        rareLimitMeanings[name as RareLimit],
      ]),
    ),
  limits: () =>
    table(
      ['limit', 'value', 'meaning'],
      Object.entries(limitTable).map(([name, [value, meaning]]) => [code(name), number(value), meaning]),
    ),
  budgets: () =>
    table(
      ['budget', 'allowance', 'for'],
      Object.entries(budgets).map(([name, { points, windowMs }]) => [
        code(name),
        `${number(points)} in ${number(windowMs / 1000)} s`,
        budgetMeanings[name as Budget],
      ]),
    ),
  handshake: () =>
    table(
      ['', 'what must hold', 'else', 'where it is said'],
      handshakeRefusals.map(({ code: name, by, check }, index) => [
        String(index + 1),
        check,
        code(name),
        placesOfRefusals[by],
      ]),
    ),
  closings: () =>
    table(
      ['code', 'the client', 'meaning'],
      Object.entries(closings).map(([name, { next, meaning }]) => [code(name), nextStep[next], meaning]),
    ),
};

const placesOfRefusals = {
  balancer: 'HTTP 404, before any node',
  address: 'HTTP 429 with `Retry-After`',
  node: 'HTTP 503 with `Retry-After`',
  request: 'HTTP 403 or 400, as below',
  connect_error: '`connect_error`, the code in `data.code`',
} as const;

const nextStep = {
  reconnect: 'connects again, with backoff',
  refresh: 'connects again with a new token',
  stop: 'stays away',
} as const;

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function codes(names: readonly string[]): string {
  return names.map(code).join(', ') || '–';
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
