import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { contract, type RouteContract } from '../../api/contract.ts';
import { buildOpenApi } from '../../api/openapi.ts';

interface Operation {
  operationId: string;
  summary: string;
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
  expect(operation?.security).toEqual(route.role === 'none' ? [] : [{ token: [] }]);
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

test('every schema is valid JSON Schema 2020-12, which OpenAPI 3.1 takes, and every $ref leads somewhere', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.components.securitySchemes.token).toMatchObject({
    type: 'http',
    scheme: 'bearer',
  });
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'tsukigime', components: document.components });
  let checked = 0;
  const check = (schema: object | undefined) => {
    if (schema === undefined) return;
    const absolute: unknown = JSON.parse(
      JSON.stringify(schema).replaceAll('"#/components', '"tsukigime#/components'),
    );
    // Throws for a keyword that is misused and for a $ref to nothing.
    ajv.compile(absolute as object);
    checked += 1;
  };
  for (const schema of Object.values(document.components.schemas)) check(schema);
  for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path))) {
    for (const parameter of operation.parameters ?? []) check(parameter.schema);
    const contents = [operation.requestBody, ...Object.values(operation.responses)];
    for (const content of contents) {
      for (const media of Object.values(content?.content ?? {})) check(media.schema);
    }
  }
  expect(checked).toBeGreaterThan(routes.length);
});
