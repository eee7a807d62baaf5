import { columnLetter, type RecordLayout } from './record-layout.ts';

/** One record layout as a Markdown table, one row per column. */
export function renderLayoutTable(layout: RecordLayout, firstIndex = 0): string {
  const rows = layout.fields.map((field, index) => {
    const cells = [
      columnLetter(firstIndex + index),
      field.nameJa,
      `\`${field.id}\``,
      field.type === 'constant' ? `always \`${field.constant}\`` : field.type.replace('_', ' '),
      field.maxLength === 0 ? '' : String(field.maxLength),
      field.required ? 'yes' : '',
      field.certainty,
      field.source,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| column | name | id | holds | max length | required | certainty | source |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
