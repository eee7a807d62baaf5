/** The parts of an OpenAPI 3.1 document that the page shows. */
interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content }>
  >;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface Document {
  readonly info: { readonly title: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

interface Shown extends Operation {
  readonly method: string;
  readonly path: string;
}

/** The document as one page to read: no script, and nothing from elsewhere. */
export function renderOpenApiPage(openApi: Record<string, unknown>): string {
  const document = openApi as unknown as Document;
  const shown: Shown[] = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ ...operation, method, path })),
  );
  const tags = [...new Set(shown.map(({ tags: [tag = ''] }) => tag))].sort();
  const of = (tag: string) => shown.filter(({ tags: [first] }) => first === tag);
  const { title, description } = document.info;
  return `<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width"><style>${style}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(description)} <a href="/openapi.json">openapi.json</a></p>
<nav>${tags.map((tag) => `<a href="#${tag}">${tag} (${of(tag).length})</a>`).join(' ')}</nav>
${tags
  .map(
    (tag) =>
      `<h2 id="${tag}">${tag}</h2>\n${of(tag)
        .map((one) => showOperation(one, document))
        .join('\n')}`,
  )
  .join('\n')}
</body></html>
`;
}

const style =
  'body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:1rem auto;padding:0 1rem}' +
  'nav a{display:inline-block;margin-right:.8rem}summary{cursor:pointer;padding:.2rem 0}' +
  'summary code{font-weight:600}pre{background:#8881;padding:.6rem;overflow-x:auto}' +
  'h3{margin:.6rem 0 0;font-size:1em}:root{color-scheme:light dark}';

function showOperation(operation: Shown, document: Document): string {
  const { operationId, method, path, summary, description, parameters = [] } = operation;
  const shape = (schema: Schema | undefined) =>
    schema === undefined ? '' : `<pre>${escapeHtml(describeShape(schema, document, ''))}</pre>`;
  const inputs = parameters.map(
    ({ name, in: place, required, schema = {} }) =>
      `${name}${required ? '' : '?'}: ${describeShape(schema, document, '')}  // ${place}`,
  );
  const body = Object.entries(operation.requestBody?.content ?? {});
  const answers = Object.entries(operation.responses).map(
    ([status, { description: why, content }]) => {
      const [[type, { schema }] = ['', {}]] = Object.entries(content ?? {});
      // Problems have one form, told once in docs/api.md.
      const isProblem = type === 'application/problem+json';
      return `<h3>${status} <small>${escapeHtml(type)}</small></h3><p>${escapeHtml(why)}</p>${isProblem ? '' : shape(schema)}`;
    },
  );
  return [
    `<details id="${operationId}"><summary><code>${method.toUpperCase()} ${escapeHtml(path)}</code> `,
    `${escapeHtml(summary)}</summary><p>${escapeHtml(description)} <small>${operationId}</small></p>`,
    inputs.length === 0 ? '' : `<h3>Parameters</h3><pre>${escapeHtml(inputs.join('\n'))}</pre>`,
    ...body.map(
      ([type, { schema }]) => `<h3>Body <small>${escapeHtml(type)}</small></h3>${shape(schema)}`,
    ),
    ...answers,
    '</details>',
  ].join('');
}

/** A JSON Schema as TypeScript would write it, descriptions as comments. */
function describeShape(schema: Schema, document: Document, indent: string): string {
  const inside = (one: Schema) => describeShape(one, document, indent);
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    const found = document.components?.schemas?.[name];
    return found === undefined ? name : inside(found);
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map(inside).join(' | ');
  if (schema.allOf !== undefined) return schema.allOf.map(inside).join(' & ');
  if (schema.properties !== undefined) return describeObject(schema, document, indent);
  if (schema.items !== undefined) {
    const item = inside(schema.items);
    return item.includes(' | ') ? `(${item})[]` : `${item}[]`;
  }
  if (typeof schema.additionalProperties === 'object') {
    return `{ [name]: ${inside(schema.additionalProperties)} }`;
  }
  const type = [schema.type ?? 'any'].flat().join(' | ');
  const limit = schema.format ?? (schema.pattern === undefined ? '' : `/${schema.pattern}/`);
  return limit === '' ? type : `${type} (${limit})`;
}

function describeObject(schema: Schema, document: Document, indent: string): string {
  const deeper = `${indent}  `;
  const lines = Object.entries(schema.properties ?? {}).map(([name, one]) => {
    const mark = schema.required?.includes(name) ? '' : '?';
    const why = one.description === undefined ? '' : `  // ${one.description}`;
    return `${deeper}${name}${mark}: ${describeShape(one, document, deeper)}${why}`;
  });
  const isOrNull = [schema.type].flat().includes('null') ? ' | null' : '';
  return `{\n${lines.join('\n')}\n${indent}}${isOrNull}`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
