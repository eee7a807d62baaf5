import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { Role } from '../../billing/role.ts';
import { createToken } from '../../db/queries/tokens.ts';
import type { CarrierShop } from './carrier-shop.ts';

/** A row as the desk's list shows it; what the tests look at. */
export interface ListedError {
  readonly id: string;
  readonly CGISendErr: '再送信' | '処理済';
  readonly orderNumber: string;
  readonly arrival: 'seen' | 'possible' | 'not_seen';
  readonly parameters: [string, string][];
  readonly edited: [string, string][] | null;
}

export interface ConfirmedPage {
  readonly confirmation: string;
  readonly warning: string | null;
  readonly check: string | null;
  readonly rows: readonly { sends: [string, string][] | null; arrival: string; edited: boolean }[];
}

/** A person at the send-error desk, over the API. */
export async function sitAtDesk(shop: CarrierShop, role: Role) {
  const { token } = await createToken(shop.db, {
    actor: `${role} at the desk`,
    role,
    scope: { all: true },
    expiresAt: null,
    now: new Date().toISOString(),
    createdBy: 'test',
  });
  const base = `${shop.apiUrl}/v1/merchants/${shop.merchant.slug}/send-errors`;
  const ask = async (method: string, path: string, body?: unknown, key?: string) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(key === undefined ? {} : { 'Idempotency-Key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as never };
  };
  const search = async (filter: object = { period: { kind: 'today' } }) => {
    const answer = await ask('POST', '/search', { filter, limit: 200 });
    return answer as unknown as { status: number; body: { sendErrors: ListedError[] } };
  };
  const confirm = async (body: object) => {
    const answer = await ask('POST', '/confirmations', body);
    return answer as unknown as { status: number; body: ConfirmedPage };
  };
  return {
    ask,
    search,
    confirm,
    list: async (filter?: object) => (await search(filter)).body.sendErrors,
    confirmBulk: (act: 'resend' | 'settle', ...rows: readonly ListedError[]) =>
      confirm({ mode: 'bulk', act, sendErrors: rows.map(({ id }) => id) }),
    async send(page: ConfirmedPage, more: object = { checked: true }, key: string = randomUUID()) {
      const answer = await ask('POST', '/acts', { confirmation: page.confirmation, ...more }, key);
      return answer as unknown as {
        status: number;
        body: {
          detail: string;
          errors: { path: string; message: string }[];
          rows: { sendError: string; result: string; CGISendErr: string; message: string }[];
        };
      };
    },
  };
}

/** Waits until nothing of the merchant waits to be delivered. */
export async function untilDelivered(shop: CarrierShop): Promise<void> {
  await vi.waitFor(
    async () => {
      const due = await shop.db
        .selectFrom('deliveries')
        .select('id')
        .where('merchant_id', '=', shop.merchant.id)
        .where('state', '=', 'due')
        .execute();
      expect(due).toEqual([]);
    },
    { timeout: 60_000, interval: 50 },
  );
}
