import { z } from 'zod';

/** What z.toJSONSchema writes, as far as bodies of the contract use it. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** One text of a body: a value, or a name that the sender chooses. */
export interface BodyPlace {
  /** `body.settings.orderProfile.columns` */
  readonly path: string;
  /** The sample with this text there, and all else as good as it was. */
  readonly fill: (text: string) => unknown;
}

type Wrap = (value: unknown) => unknown;
type Plain = Readonly<Record<string, unknown>>;

/** Every place of a body where a text goes, also in fields that the sample leaves out. */
export function findBodyPlaces(schema: z.ZodType, sample: unknown): BodyPlace[] {
  const whole = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  return [...walk(whole, sample, 'body', (value) => value)];

  function* walk(given: Schema, at: unknown, path: string, wrap: Wrap): Generator<BodyPlace> {
    const of = resolve(given);
    for (const option of optionsOf(of)) {
      yield* walk(option, fits(option, at) ? at : exampleOf(option), path, wrap);
    }
    if (of.type === 'string') yield { path, fill: wrap };
    if (of.type === 'array') yield* walkArray(of, at, path, wrap);
    if (of.type === 'object') yield* walkObject(of, at, path, wrap);
  }

  function* walkArray(of: Schema, at: unknown, path: string, wrap: Wrap): Generator<BodyPlace> {
    const items = Array.isArray(at) && at.length > 0 ? at : [exampleOf(of.items ?? {})];
    const schemas = of.prefixItems ?? (of.items === undefined ? [] : [of.items]);
    for (const [index, item] of schemas.entries()) {
      yield* walk(item, items[index], `${path}.${index}`, (value) =>
        wrap(items.with(index, value)),
      );
    }
  }

  function* walkObject(of: Schema, at: unknown, path: string, wrap: Wrap): Generator<BodyPlace> {
    const base = isPlain(at) ? at : (exampleOf(of) as Plain);
    for (const [name, property] of Object.entries(of.properties ?? {})) {
      yield* walk(property, base[name] ?? exampleOf(property), `${path}.${name}`, (value) =>
        wrap({ ...base, [name]: value }),
      );
    }
    const more = of.additionalProperties;
    const example = typeof more === 'object' ? exampleOf(more) : 'x';
    // Also where no further name is allowed: `__proto__` is one that parsers stumble over.
    yield { path: `${path}.?`, fill: (name) => wrap({ ...base, [name]: example }) };
    if (typeof more === 'object') {
      yield* walk(more, example, `${path}.*`, (value) => wrap({ ...base, any: value }));
    }
  }

  function resolve(of: Schema): Schema {
    const name = of.$ref?.replace('#/$defs/', '');
    return name === undefined ? of : resolve(whole.$defs?.[name] ?? {});
  }

  /** Something that the schema takes, or nearly: what it refuses shows that it refuses. */
  function exampleOf(given: Schema): unknown {
    const of = resolve(given);
    if (of.const !== undefined) return of.const;
    if (of.enum !== undefined) return of.enum[0];
    if (of.default !== undefined) return of.default;
    const [option] = optionsOf(of);
    if (option !== undefined) return exampleOf(option);
    switch (of.type) {
      case 'string':
        return exampleText(of);
      case 'integer':
      case 'number':
        return Math.max(of.minimum ?? 1, 1);
      case 'boolean':
        return false;
      case 'array':
        return Array.from({ length: of.minItems ?? 0 }, () => exampleOf(of.items ?? {}));
      case 'object': {
        const names = of.required ?? [];
        return Object.fromEntries(
          names.map((name) => [name, exampleOf(of.properties?.[name] ?? {})]),
        );
      }
      default:
        return null;
    }
  }

  /** Of a union, the branch that the sample is of. */
  function fits(given: Schema, at: unknown): boolean {
    const of = resolve(given);
    if (of.type !== 'object') return of.type === 'array' ? Array.isArray(at) : !isPlain(at);
    if (!isPlain(at)) return false;
    return Object.entries(of.properties ?? {}).every(([name, { const: fixed }]) =>
      fixed === undefined ? true : at[name] === fixed,
    );
  }
}

const optionsOf = ({ anyOf, oneOf, allOf }: Schema) => anyOf ?? oneOf ?? allOf ?? [];

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const usualTexts = [
  ...['2026-11-22T00:00:00.000Z', '2026-11-22', '2026-11', '09:00', '00000000', '1', 'walk'],
  ...['a'.repeat(64), '00000000-0000-4000-8000-000000000000', 'https://shop.example/x'],
];

function exampleText({ pattern, format }: Schema): string {
  if (format === 'uri') return 'https://shop.example/x';
  if (format === 'email') return 'shop@example.jp';
  const wanted = new RegExp(pattern ?? 'walk', 'u');
  return usualTexts.find((text) => wanted.test(text)) ?? 'walk';
}
