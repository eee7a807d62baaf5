import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Caller } from '../billing/grants.ts';
import type { Role } from '../billing/role.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import type { Identity, OpenSession } from './authentication.ts';
import type { ResponseContract, RouteContract } from './contract/route.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { ClientFacts } from './session-cookie.ts';
import type { ApiState } from './state.ts';

type Parsed<Schema, Otherwise> = Schema extends z.ZodType ? z.output<Schema> : Otherwise;

type BodyOf<Route extends RouteContract> = Route extends {
  body: { kind: 'json'; schema: infer Schema extends z.ZodType };
}
  ? z.output<Schema>
  : Route extends { body: { kind: 'raw' } }
    ? AsyncIterable<Uint8Array>
    : undefined;

/** What a handler gets: everything checked, nothing of Express. */
export interface Call<Route extends RouteContract> {
  readonly deps: ApiDependencies;
  readonly state: ApiState;
  readonly params: Parsed<Route['params'], undefined>;
  readonly query: Parsed<Route['query'], undefined>;
  readonly body: BodyOf<Route>;
  /** From the token or session, never from the payload. */
  readonly identity: Route['role'] extends Role ? Identity : undefined;
  readonly caller: Route['role'] extends 'none' ? undefined : Caller;
  readonly session: Route['sessionOnly'] extends true ? OpenSession : OpenSession | undefined;
  readonly client: ClientFacts;
  readonly merchant: Route['merchantScoped'] extends true ? Merchant : undefined;
  readonly idempotencyKey: Route['idempotencyKey'] extends 'required' ? string : undefined;
  /** ISO instant: the merchant's business clock where there is a merchant, else real time. */
  readonly now: string;
  /** For what the contract cannot say (Content-Length of an upload). */
  readonly request: IncomingMessage;
}

type ReplyBody<Response extends ResponseContract> = Response extends {
  kind: 'json';
  schema: infer Schema extends z.ZodType;
}
  ? { readonly body: z.input<Schema> }
  : Response extends { kind: 'text' }
    ? { readonly text: string }
    : Response extends { kind: 'bytes' }
      ? {
          readonly content: AsyncIterable<Buffer>;
          /** Content-Length; what is written while it is sent has none. */
          readonly bytes?: number;
          readonly fileName: string;
        }
      : { readonly body?: undefined };

/** One of the answers that the route's contract names. */
export type Reply<Route extends RouteContract> = {
  [Status in keyof Route['responses'] & number]: {
    readonly status: Status;
    readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  } & ReplyBody<Route['responses'][Status]>;
}[keyof Route['responses'] & number];

export type Handler<Route extends RouteContract> = (call: Call<Route>) => Promise<Reply<Route>>;

/** A handler for each route: one missing does not compile. */
export type Handlers<Routes extends Readonly<Record<string, RouteContract>>> = {
  readonly [Name in keyof Routes]: Handler<Routes[Name]>;
};
