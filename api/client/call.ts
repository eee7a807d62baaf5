import type { z } from 'zod';
import type { ResponseContract, RouteContract } from '../contract/route.ts';

/** Types of a call of a route, inferred from its contract; nothing of this exists at run time. */

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : never;
type Input<Schema> = Schema extends z.ZodType ? z.input<Schema> : never;

/** Keys that may be left out, as the schema takes them. */
type OptionalKeys<T> = { [Key in keyof T]-?: object extends Pick<T, Key> ? Key : never }[keyof T];

/** Values as the server reads them (numbers, booleans); what has a default may be left out. */
type QueryOf<Schema> = {
  readonly [Key in Exclude<keyof Output<Schema>, OptionalKeys<Input<Schema>>>]: Output<Schema>[Key];
} & {
  readonly [Key in keyof Output<Schema> & OptionalKeys<Input<Schema>>]?:
    | Output<Schema>[Key]
    | undefined;
};

type BodyOf<Route extends RouteContract> = Route extends {
  body: { kind: 'json'; schema: infer Schema };
}
  ? { readonly body: Input<Schema> }
  : Route extends { body: { kind: 'raw' } }
    ? { readonly body: Blob | Uint8Array<ArrayBuffer> }
    : unknown;

type WithParams<Route extends RouteContract> = Route extends { params: infer Schema }
  ? { readonly params: Output<Schema> }
  : unknown;

type WithQuery<Route extends RouteContract> = Route extends { query: infer Schema }
  ? object extends QueryOf<Schema>
    ? { readonly query?: QueryOf<Schema> }
    : { readonly query: QueryOf<Schema> }
  : unknown;

/** All that a call of the route takes. */
export type CallInput<Route extends RouteContract> = WithParams<Route> &
  WithQuery<Route> &
  BodyOf<Route>;

type AnswerOf<Response extends ResponseContract> = Response extends {
  kind: 'json';
  schema: infer Schema;
}
  ? Output<Schema>
  : Response extends { kind: 'empty' }
    ? undefined
    : never;

/** What the route answers when it has done it. 202 "still at it" is awaited and never returned. */
export type CallAnswer<Route extends RouteContract> = Exclude<
  AnswerOf<Route['responses'][keyof Route['responses'] & (200 | 201 | 202 | 204)]>,
  { readonly accepted: true }
>;
