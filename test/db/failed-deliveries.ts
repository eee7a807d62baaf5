import { randomUUID } from 'node:crypto';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import type { DeliveryOutcome } from '../../db/carrier-tables.ts';
import type { Db } from '../../db/database.ts';
import { insertCarrierCalls, recordCarrierCalls } from '../../db/queries/carrier-calls.ts';
import { claimDeliveries, recordAttempts } from '../../db/queries/deliveries.ts';
import { createEndpoint, findEndpoint } from '../../db/queries/delivery-endpoints.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { readCarrierCall } from '../../psp/zeus/carrier-call.ts';
import { type FormParameters, writeForm } from '../../sandbox/zeus/form.ts';

/** 2026-11-22 12:00 in Japan. */
export const noon = '2026-11-22T03:00:00.000Z';

export const later = (instant: string, ms: number) =>
  new Date(Date.parse(instant) + ms).toISOString();

export interface FakedAttempt {
  readonly outcome?: DeliveryOutcome;
  readonly status?: number | null;
}

const settings = merchantSettingsSchema.parse({
  carrier: { ipCodes: ['2012000001', '2012000002'] },
});

/** A merchant that takes carrier results, and endpoints whose answers the test makes up. */
export async function openCarrierRecord(db: Db, slug: string) {
  const { id: merchantId } = await createMerchant(db, {
    slug,
    name: slug,
    kind: 'sandbox',
    settings,
    actor: 'test',
    now: '2026-01-01T00:00:00.000Z',
  });
  return carrierRecordOf(db, merchantId);
}

/** The same over a merchant that is there already. */
export function carrierRecordOf(db: Db, merchantId: number) {
  return {
    merchantId,
    async addEndpoint(endpoint: string): Promise<void> {
      await createEndpoint(db, merchantId, {
        slug: endpoint,
        settings: {
          url: 'http://127.0.0.1:9/carrier-results',
          secretName: 'shop',
          encoding: 'cp932',
          backOffSeconds: [60],
          timeoutMs: 1_000,
          concurrency: 1,
          circuitFailures: 5,
          circuitPauseSeconds: 60,
        },
        actor: 'test',
        reason: null,
        now: noon,
      });
    },
    /** A result comes in; what is not named has a value that no other order has. */
    async receive(parameters: Record<string, string>, at = noon): Promise<void> {
      const order = parameters.ordd ?? randomUUID();
      const all: FormParameters = Object.entries({
        clientip: '2012000001',
        ordd: order,
        money: '500',
        telno: '00000000001',
        email: `${order}@example.jp`,
        sendid: `user-${order}`,
        sendpoint: '能登の表構',
        result: 'OK',
        carrier: 'docomo',
        ...parameters,
      });
      const body = Buffer.from(writeForm(all, 'cp932'));
      const [call] = await insertCarrierCalls(db, merchantId, [
        {
          publicId: randomUUID(),
          receivedAt: at,
          method: 'POST',
          contentType: 'application/x-www-form-urlencoded',
          sourceAddress: '127.0.0.1',
          bytes: { query: Buffer.alloc(0), body },
        },
      ]);
      if (call?.bytes == null) throw new Error('the call was not stored');
      const read = readCarrierCall(call.bytes, settings.carrier);
      await recordCarrierCalls(db, merchantId, [{ call, read }], at);
    },
    /** Everything that is due is tried once and ends like this; a failure is the last one. */
    async attempt(endpoint: string, attempt: FakedAttempt = {}, at = noon): Promise<void> {
      const { outcome = 'timed_out', status = null } = attempt;
      const found = await findEndpoint(db, merchantId, endpoint);
      if (found === undefined) throw new Error(`no endpoint ${endpoint}`);
      const of = { endpointId: found.id, now: at, limit: 1_000 };
      const claimed = await claimDeliveries(db, merchantId, of);
      const state = outcome === 'delivered' ? 'delivered' : 'failed';
      await recordAttempts(
        db,
        merchantId,
        claimed.map((delivery) => ({
          delivery,
          outcome,
          status,
          answerStart: status === null ? null : 'answer',
          durationMs: 1,
          endedAt: at,
          next: { state },
        })),
      );
    },
  };
}
