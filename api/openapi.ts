import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type ResponseConfig,
  type RouteConfig,
} from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { problemSchema, type ResponseContract, type RouteContract } from './contract/route.ts';
import { contract } from './contract.ts';
import { problemTypes } from './problem.ts';

let built: Record<string, unknown> | undefined;

/** The contract as an OpenAPI 3.1 document; built once, it does not change while we run. */
export function buildOpenApi(): Record<string, unknown> {
  built ??= generate();
  return built;
}

function generate(): Record<string, unknown> {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    description: 'tsk_…, made by `tsukigime token create`',
  });
  registry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-tsukigime-session',
    description: 'set by POST /v1/session; without the prefix over http on the same machine',
  });
  registry.registerComponent('securitySchemes', 'csrf', {
    type: 'apiKey',
    in: 'header',
    name: 'X-CSRF-Token',
    description: 'with a session, `csrfToken` of GET /v1/session',
  });
  for (const [name, route] of Object.entries(contract) as [string, RouteContract][]) {
    registry.registerPath(describeRoute(name, route));
  }
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Tsukigime API',
      version: '1',
      description:
        'Monthly card billing of subscription shops. Problems: RFC 9457, see docs/api.md.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
  });
  return document as unknown as Record<string, unknown>;
}

function describeRoute(name: string, route: RouteContract): RouteConfig {
  return {
    operationId: name,
    method: route.method,
    path: route.path.replace(/:(\w+)/g, '{$1}'),
    tags: [route.tag],
    summary: `${route.summary.ja} / ${route.summary.en}`,
    description: describeAccess(route),
    security: securityOf(route),
    request: {
      ...(route.params === undefined ? {} : { params: route.params }),
      ...(route.query === undefined ? {} : { query: route.query }),
      ...(route.idempotencyKey === undefined
        ? {}
        : {
            headers: z.object({
              'Idempotency-Key': z
                .string()
                .regex(/^[A-Za-z0-9_-]{8,64}$/)
                .meta({ description: 'the same key for the same act, however often it is sent' }),
            }),
          }),
      ...(route.body === undefined ? {} : { body: describeBody(route.body) }),
    },
    responses: describeResponses(route),
  };
}

/** The rule of a route in words; the test that walks all routes reads the same fields. */
function describeAccess(route: RouteContract): string {
  if (route.role === 'none') return 'Needs no token.';
  const { right, sometimesRight } = route;
  return [
    route.role === 'signed-in' ? 'Any token or session.' : `Least role: ${route.role}.`,
    right && `Takes the right ${right}.`,
    sometimesRight && `Takes the right ${sometimesRight.right} when ${sometimesRight.when.en}.`,
    route.foreignPages && 'From a browser only for pages of the Temporal UI, without CSRF token.',
    route.sessionOnly && 'Only a person in a session.',
    route.merchantScoped && 'A merchant outside the caller’s scope is a 404.',
    route.allMerchantsOnly && 'Only who has that role at all merchants.',
  ]
    .filter(Boolean)
    .join(' ');
}

function securityOf(route: RouteContract): Record<string, string[]>[] {
  if (route.role === 'none') return [];
  const isPlain = route.method === 'get' || route.foreignPages !== undefined;
  const session = isPlain ? { session: [] } : { session: [], csrf: [] };
  return route.sessionOnly ? [session] : [{ token: [] }, session];
}

function describeBody(body: NonNullable<RouteContract['body']>) {
  if (body.kind === 'json') {
    return { required: true, content: { 'application/json': { schema: body.schema } } };
  }
  // OpenAPI 3.1: raw bytes are a media type without a schema.
  return {
    required: true,
    content: Object.fromEntries(body.contentTypes.map((type) => [type, {}])),
  };
}

function describeResponses(route: RouteContract): Record<string, ResponseConfig> {
  const own = Object.entries(route.responses).map(
    ([status, response]) => [status, describeResponse(response)] as const,
  );
  const problems = problemStatuses(route)
    .filter((status) => !(status in route.responses))
    .map((status) => [String(status), describeProblem(status)] as const);
  return Object.fromEntries([...own, ...problems]);
}

function describeResponse(response: ResponseContract): ResponseConfig {
  const { description } = response;
  switch (response.kind) {
    case 'json':
      return { description, content: { 'application/json': { schema: response.schema } } };
    case 'text':
      return { description, content: { [response.contentType]: { schema: { type: 'string' } } } };
    case 'bytes':
      return { description, content: { 'application/octet-stream': {} } };
    case 'empty':
      return { description };
  }
}

/** What may go wrong follows from what the route takes. */
function problemStatuses(route: RouteContract): number[] {
  const statuses = [429, 500];
  if (route.role !== 'none') statuses.push(401, 403, 503);
  if (route.params !== undefined) statuses.push(404);
  if (route.params ?? route.query ?? route.body) statuses.push(400, 422);
  if (route.body !== undefined) statuses.push(413, 415);
  if (route.method !== 'get') statuses.push(409);
  return statuses;
}

function describeProblem(status: number): ResponseConfig {
  const slugs = Object.entries(problemTypes)
    .filter(([, type]) => type.status === status)
    .map(([slug]) => slug);
  return {
    description: slugs.join(', '),
    content: { 'application/problem+json': { schema: problemSchema } },
  };
}
