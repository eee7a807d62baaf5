/** Markup that is safe to send: everything that was put into it has been escaped. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

export type HtmlPart = string | number | Html | null | undefined | false | readonly HtmlPart[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');
}

/**
 * A template of markup: texts and numbers in it are escaped, other Html and lists of it go in as they
 * are, null, undefined and false as nothing. Attributes stand in double quotes. There is no other
 * way to make Html of text, so nothing that somebody typed can become markup.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  const filled = parts.map((part, index) => `${write(part)}${strings[index + 1]}`);
  return new Html(`${strings[0]}${filled.join('')}`);
}

function write(part: HtmlPart): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'object') return part.map(write).join('');
  return escapeHtml(String(part));
}
