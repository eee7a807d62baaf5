import { findEndpoint } from '../db/queries/delivery-endpoints.ts';
import { countResent, resendEvents } from '../db/queries/webhook-deliveries.ts';
import { findTestEvent, insertTestEvent } from '../db/queries/webhook-events.ts';
import type { Act } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { loadMerchant } from './merchant.ts';

interface AtWebhook {
  /** Slug. */
  readonly merchant: string;
  /** Slug. */
  readonly endpoint: string;
  /** ISO instant. */
  readonly now: string;
  readonly workflowId: string;
  readonly act: Act;
}

export function createWebhookActivities({ db }: ActivityDependencies) {
  async function requireWebhook(of: AtWebhook) {
    const merchant = await loadMerchant({ db }, of.merchant);
    const endpoint = await findEndpoint(db, merchant.id, of.endpoint);
    if (endpoint?.kind === 'webhook' && endpoint.state !== 'retired') return { merchant, endpoint };
    throw refusal(
      'UnknownEndpoint',
      `Webhook ${of.endpoint} は登録されていないか、廃止されています。何も送信していません。`,
    );
  }

  return {
    /** Queues an event that tells of nothing, so that a shop sees whether it can read one. */
    async sendTestEvent(of: AtWebhook): Promise<{ event: string }> {
      const { merchant, endpoint } = await requireWebhook(of);
      try {
        return await db.transaction().execute(async (trx) => {
          const decision = await decide(trx, merchant.id, of, {
            act: 'send-test-event',
            body: { endpoint: of.endpoint },
          });
          const test = { endpointId: endpoint.id, decisionId: decision.id, now: of.now };
          const event = decision.fresh
            ? await insertTestEvent(trx, merchant.id, test)
            : await findTestEvent(trx, merchant.id, decision.id);
          return { event };
        });
      } catch (error) {
        throw asRefusal(error);
      }
    },

    /** Sends events again, all of those named or none; null = all that were given up. */
    async resendWebhookEvents(
      of: AtWebhook & { readonly events: readonly string[] | null },
    ): Promise<{ queued: number }> {
      const { merchant, endpoint } = await requireWebhook(of);
      const { events, now } = of;
      try {
        return await db.transaction().execute(async (trx) => {
          const decision = await decide(trx, merchant.id, of, {
            act: 'resend-webhook-events',
            body: { endpoint: of.endpoint, events },
          });
          if (!decision.fresh) return { queued: await countResent(trx, merchant.id, decision.id) };
          const resend = { endpointId: endpoint.id, events, decisionId: decision.id, now };
          const { queued, unknown } = await resendEvents(trx, merchant.id, resend);
          if (unknown.length > 0) {
            throw refusal(
              'UnknownWebhookEvents',
              `選択した通知のうち${unknown.length}件は、この送信先の通知ではありません。何も送信していません。一覧を読み直して選び直してください。`,
            );
          }
          return { queued };
        });
      } catch (error) {
        throw asRefusal(error);
      }
    },
  };
}
