import type { TValidationError } from 'typebox/error';
import type { Problem } from './answer.ts';
import { patternWords } from './values.ts';

/** What a schema found wrong, in words: at each place the first thing only, because the rest follows from it. */
export function problemsOf(errors: Iterable<TValidationError>): Problem[] {
  const all = [...errors];
  const problems = new Map<string, string>();
  for (const problem of all.flatMap((error) => inWords(error, all))) {
    if (!problems.has(problem.path)) problems.set(problem.path, problem.message);
  }
  return [...problems].map(([path, message]) => ({ path, message }));
}

function inWords(error: TValidationError, all: readonly TValidationError[]): Problem[] {
  const path = error.instancePath;
  const say = (message: string): Problem[] => [{ path, message }];
  switch (error.keyword) {
    case 'required':
      return error.params.requiredProperties.map((name) => ({ path: `${path}/${name}`, message: 'is missing' }));
    // A closed object finds an unknown field twice: here by its place, and as a whole below.
    case 'boolean':
      return say('is an unknown field');
    case 'additionalProperties':
      return [];
    // Each literal of a choice fails by itself; they are said together, by the choice.
    case 'const':
      return error.schemaPath.includes('/anyOf/') ? [] : say(`must be ${quoted(error.params.allowedValue)}`);
    case 'anyOf':
      return say(`must be one of ${choices(error, all).join(', ')}`);
    case 'enum':
      return say(`must be one of ${error.params.allowedValues.map(quoted).join(', ')}`);
    case 'type':
      // Of a choice, the alternative speaks whose type was given.
      return isOfAnotherChoice(error, all)
        ? []
        : say(`must be ${[error.params.type].flat().map(typeWord).join(' or ')}`);
    case 'pattern':
      return say(patternWords.get(String(error.params.pattern)) ?? 'has a form that is not taken');
    case 'minLength':
      return say(`must have at least ${counted(error.params.limit, 'character')}`);
    case 'maxLength':
      return say(`must have at most ${counted(error.params.limit, 'character')}`);
    case 'minItems':
      return say(`must have at least ${counted(error.params.limit, 'item')}`);
    case 'maxItems':
      return say(`must have at most ${counted(error.params.limit, 'item')}`);
    case 'uniqueItems':
      return say('must not name anything twice');
    case 'minimum':
      return say(`must be at least ${number(error.params.limit)}`);
    case 'maximum':
      return say(`must be at most ${number(error.params.limit)}`);
    // No schema of a command uses these.
    case 'contains':
    case 'dependencies':
    case 'dependentRequired':
    case 'exclusiveMaximum':
    case 'exclusiveMinimum':
    case 'format':
    case 'if':
    case 'maxProperties':
    case 'minProperties':
    case 'multipleOf':
    case 'not':
    case 'oneOf':
    case 'propertyNames':
    case 'unevaluatedItems':
    case 'unevaluatedProperties':
    case '~refine':
      return say('does not fit');
  }
}

function isOfAnotherChoice({ instancePath, schemaPath }: TValidationError, all: readonly TValidationError[]): boolean {
  const [choice, ...within] = schemaPath.split('/anyOf/');
  return (
    within.length > 0 &&
    all.some(
      (error) =>
        error.instancePath === instancePath &&
        error.schemaPath.startsWith(`${choice}/anyOf/`) &&
        !['type', 'const', 'anyOf'].includes(error.keyword),
    )
  );
}

function choices(choice: TValidationError, all: readonly TValidationError[]): string[] {
  return all.flatMap((error) =>
    error.keyword === 'const' && error.instancePath === choice.instancePath ? quoted(error.params.allowedValue) : [],
  );
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
};

function typeWord(type: string): string {
  return typeWords[type] ?? type;
}

function counted(count: number | bigint, what: string): string {
  return `${number(count)} ${what}${Number(count) === 1 ? '' : 's'}`;
}

function number(value: number | bigint): string {
  return value.toLocaleString('en-US');
}

function quoted(value: unknown): string {
  return JSON.stringify(value);
}
