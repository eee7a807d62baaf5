import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { importColumns } from '../../imports/import-columns.ts';
import type { Month } from './month.ts';

/** What the API says of an import. */
export interface ShownImport {
  readonly number: number;
  readonly stage: string;
  readonly rows: number;
  readonly imported: number;
  readonly failed: number;
  readonly warned: number;
  readonly remarks: string[];
  readonly trouble: string | null;
  readonly fileName: string;
}

export interface RemarkRow {
  readonly line: number;
  readonly remarks: { column: string | null; text: string; register: string | null }[];
}

/** What a person does with imports, over the API of a month. */
export interface ImportDesk {
  call(path: string, init?: RequestInit): Promise<Response>;
  read<T>(path: string): Promise<T>;
  upload(
    kind: 'customers' | 'cards',
    content: string | Uint8Array,
    options?: { readonly name?: string; readonly held?: boolean; readonly key?: string },
  ): Promise<ShownImport>;
  /** Waits until the import has ended. */
  ended(number: number): Promise<ShownImport>;
  /** Uploads and waits. */
  run(kind: 'customers' | 'cards', content: string | Uint8Array): Promise<ShownImport>;
  errors(number: number): Promise<RemarkRow[]>;
  act(path: string, body?: object): Promise<Response>;
}

export function openImportDesk({ day }: Pick<Month, 'day'>): ImportDesk {
  const { apiUrl, token, merchant } = day.desk;
  const call: ImportDesk['call'] = (path, init = {}) =>
    fetch(`${apiUrl}/v1/merchants/${merchant}${path}`, {
      ...init,
      headers: { Authorization: `Bearer ${token}`, ...(init.headers as object) },
    });
  const desk: ImportDesk = {
    call,
    async read<T>(path: string) {
      const response = await call(path);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    async upload(kind, content, { name = 'file.csv', held = false, key = randomUUID() } = {}) {
      const form = new FormData();
      form.append('file', new Blob([content as Uint8Array<ArrayBuffer>]), name);
      const response = await call(`/imports?kind=${kind}&held=${held}`, {
        method: 'POST',
        headers: { 'Idempotency-Key': key },
        body: form,
      });
      if (response.status !== 202) {
        throw new Error(`upload: ${response.status} ${await response.text()}`);
      }
      return (await response.json()) as ShownImport;
    },
    async ended(number) {
      for (;;) {
        const shown = await desk.read<ShownImport>(`/imports/${number}`);
        if (!['uploaded', 'running'].includes(shown.stage)) return shown;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    run: async (kind, content) => await desk.ended((await desk.upload(kind, content)).number),
    errors: async (number) =>
      (await desk.read<{ rows: RemarkRow[] }>(`/imports/${number}/errors?limit=1000`)).rows,
    act: (path, body = {}) =>
      call(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() },
        body: JSON.stringify(body),
      }),
  };
  return desk;
}

export const customerHeader = importColumns.customers.join(',');

/** A good row of a customer file but for what is changed; no real person's data. */
export function customerLine(changes: Partial<Record<string, string>>): string {
  const good: Record<string, string> = {
    氏名: '見本 能子',
    郵便番号: '880-0805',
    都道府県名: '宮崎県',
    市区町村: '宮崎市',
    町名番地: '橘通東一丁目',
    電話番号: '0985000000',
    顧客タイプ: '1',
    ...changes,
  };
  return importColumns.customers.map((name) => good[name] ?? '').join(',');
}

export function customerFile(lines: readonly string[]): string {
  return [customerHeader, ...lines, ''].join('\r\n');
}

export function fixtureFile(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/imports/${name}`, import.meta.url));
}
