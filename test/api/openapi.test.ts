import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { contract, type RouteContract } from '../../api/contract.ts';
import { buildOpenApi } from '../../api/openapi.ts';
import { renderOpenApiPage } from '../../api/openapi-page.ts';

interface Operation {
  operationId: string;
  summary: string;
  description: string;
  security: unknown[];
  parameters?: { name: string; in: string; required?: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema?: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema?: object }> }>;
}

const document = buildOpenApi() as {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
};

const routes = Object.entries(contract) as [string, RouteContract][];

test.each(routes)('%s is described as the contract has it', (name, route) => {
  const operation = document.paths[route.path.replace(/:(\w+)/g, '{$1}')]?.[route.method];
  expect(operation?.operationId).toBe(name);
  expect(operation?.summary).toContain(route.summary.ja);
  const schemes = (operation?.security ?? []).map((one) => Object.keys(one as object).join('+'));
  const isPlain = route.method === 'get' || route.foreignPages !== undefined;
  const session = isPlain ? 'session' : 'session+csrf';
  expect(schemes).toEqual(
    route.role === 'none' ? [] : route.sessionOnly ? [session] : ['token', session],
  );
  expect(operation?.description).toContain(
    route.role === 'none' ? 'no token' : route.role === 'signed-in' ? 'Any token' : route.role,
  );
  for (const right of [route.right, route.sometimesRight?.right]) {
    if (right !== undefined) expect(operation?.description).toContain(right);
  }
  const inPath = operation?.parameters?.filter((parameter) => parameter.in === 'path') ?? [];
  expect(inPath.map((parameter) => `:${parameter.name}`).sort()).toEqual(
    [...(route.path.match(/:\w+/g) ?? [])].sort(),
  );
  expect(inPath.every((parameter) => parameter.required)).toBe(true);
  for (const status of Object.keys(route.responses)) {
    expect(operation?.responses[status]?.description).toBeTruthy();
  }
  if (route.role !== 'none') {
    expect(operation?.responses['401']?.content).toHaveProperty(['application/problem+json']);
  }
});

test('nothing but the contract is described', () => {
  const described = Object.values(document.paths).flatMap((path) => Object.keys(path));
  expect(described).toHaveLength(routes.length);
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map((operation) => operation.operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

test('the document is valid OpenAPI 3.1 by its official schema, and every $ref leads somewhere', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
  expect(validator.version).toBe('3.1');
  // Throws for a $ref to nothing.
  validator.resolveRefs();
  const broken = structuredClone(document) as { info: { title?: string } };
  delete broken.info.title;
  expect((await new Validator().validate(broken)).valid).toBe(false);
});

test('the page shows every route, runs no script and loads nothing', () => {
  const page = renderOpenApiPage(buildOpenApi());
  for (const [name, route] of routes) {
    expect(page, name).toContain(`<details id="${name}">`);
    expect(page).toContain(route.path.replace(/:(\w+)/g, '{$1}'));
  }
  expect(page).not.toMatch(/<script|src=|href="(?!#|\/openapi\.json")/);
  expect(page).toContain('PUT /v1/merchants/{merchant}/settings');
  // Every shape is written out: nothing is left as a reference.
  expect(page).not.toContain('#/components');
});
