import type { Response } from 'express';
import type { Portal } from '../portal.ts';
import { formatPortalTime } from '../portal-time.ts';
import type { HtmlPart } from './html.ts';
import { renderPage } from './layout.ts';

export interface SentPage {
  readonly title: string;
  readonly merchantId?: string | undefined;
  readonly body: HtmlPart;
  readonly status?: number;
}

export function sendPage({ desk }: Portal, response: Response, page: SentPage): void {
  const { title, merchantId, body, status = 200 } = page;
  const now = desk.state.now === null ? null : formatPortalTime(desk.state.now);
  response
    .status(status)
    // Should a text ever slip through unescaped, the browser still runs nothing.
    .set('content-security-policy', "default-src 'none'; style-src 'self'; form-action 'self'")
    .set('cache-control', 'no-store')
    .type('html')
    .send(renderPage({ title, merchantId, now, body }));
}

/** Every value of a form field, sent once or many times. */
export function readValues(form: unknown, name: string): string[] {
  const value = (form as Readonly<Record<string, unknown>> | undefined)?.[name];
  const values = Array.isArray(value) ? value : [value];
  return values.filter((one) => typeof one === 'string');
}

export const readValue = (form: unknown, name: string): string => readValues(form, name)[0] ?? '';
