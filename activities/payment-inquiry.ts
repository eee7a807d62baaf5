import type { RowsAndYen } from '../billing/cycle.ts';
import type { ExchangeName } from '../billing/exchange.ts';
import { UnusableFileError } from '../billing/row-reason.ts';
import { detectEncoding } from '../billing/text-encoding.ts';
import { type CopyValue, inCopyTransaction } from '../db/copy-rows.ts';
import { lockMerchant, retryMerge, type Trx } from '../db/database.ts';
import { requireCycle } from '../db/queries/cycles.ts';
import { openFile } from '../db/queries/files.ts';
import { ACKNOWLEDGE_INQUIRY, countDifferences } from '../db/queries/inquiry-comparison.ts';
import {
  listFilesOfDecision,
  recordInquiryFacts,
  stageInquiry,
} from '../db/queries/inquiry-facts.ts';
import {
  findInquiry,
  findInquiryOfFile,
  findInquiryUse,
  INQUIRY_ROW_COLUMNS,
  insertInquiry,
  insertInquiryUse,
  nextInquiryId,
} from '../db/queries/payment-inquiry.ts';
import { refreshStatistics } from '../db/statistics.ts';
import { readPaymentInquiry } from '../psp/paygent/payment-inquiry.ts';
import { actOnCycle, type OfAct, requireConfirmed } from './cycle-act.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { settleTouchedFiles } from './inquiry-files.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';
import { requireOpenCycle } from './open-cycle.ts';

/** What came of a list of payments: the record, and the files that it told of. */
export interface UsedInquiry extends RowsAndYen {
  /** Every file of which the list settled lines. */
  readonly files: readonly ExchangeName[];
  /** Of these, files that never left, cancelled because lines of them were carried out elsewhere. */
  readonly returned: readonly ExchangeName[];
}

/** The PSP's own list of payments (情報照会): read, and taken into the record once a person says so. */
export function createPaymentInquiryActivities(deps: ActivityDependencies) {
  return {
    /**
     * Reads a stored list, once for a month, in one transaction. Nothing of the record changes: what
     * the rows mean is asked whenever somebody looks.
     */
    async readInquiry(of: OfAct & { sha256: string }): Promise<{ n: number; rows: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      const { id: cycleId } = await requireCycle(deps.db, merchant.id, of.month);
      const file = await openFile(deps.db, merchant.id, of.sha256, deps.fileKeys);
      if (file === undefined) {
        throw refusal(
          'UnknownFile',
          '指定されたファイルは保存されていません。先にアップロードしてください。',
        );
      }
      const key = { cycleId, fileId: file.fileId };
      const told = async (trx: Trx) => {
        await lockMerchant(trx, merchant.id);
        const body = { sha256: of.sha256 };
        const decision = await decide(trx, merchant.id, of, { act: 'read-inquiry', body });
        await requireOpenCycle(trx, merchant.id, of.month);
        return decision.id;
      };
      try {
        const encoding = await detectEncoding(file.content);
        const read = await withHeartbeat(() =>
          // Read by two at once, the second finds the first's.
          retryMerge(() =>
            inCopyTransaction(deps.pool, async (trx, copyRows) => {
              const known = await findInquiryOfFile(trx, merchant.id, key);
              if (known !== undefined) {
                await told(trx);
                return known;
              }
              // Rows first: the merchant's lock is held for the last statements only.
              const id = await nextInquiryId(trx, merchant.id);
              const rows = inquiryRows(deps, merchant.id, { id, sha256: of.sha256, encoding });
              await copyRows('payment_inquiry_rows', INQUIRY_ROW_COLUMNS, rows);
              const decisionId = await told(trx);
              return await insertInquiry(trx, merchant.id, { id, ...key, decisionId, now: of.now });
            }),
          ),
        );
        await refreshStatistics(deps.db, read.rows, ['payment_inquiry_rows']);
        return read;
      } catch (error) {
        if (error instanceof UnusableFileError) {
          throw refusal('UnusableFile', `${error.ja}。取り込んでいません。`, error.code);
        }
        throw asRefusal(error);
      }
    },

    /** A person has looked at what a list says otherwise: it keeps the month open no more. */
    async acknowledgeInquiry(
      of: OfAct & { n: number; confirmed: RowsAndYen },
    ): Promise<RowsAndYen> {
      const { n, confirmed } = of;
      return await actOnCycle(
        deps,
        of,
        { act: ACKNOWLEDGE_INQUIRY, body: { n, confirmed } },
        async (trx, merchantId, { id: cycleId }) => {
          const inquiry = await findInquiry(trx, merchantId, { cycleId, n });
          if (inquiry === undefined) throw refuseUnknownList(n);
          const place = { inquiryId: inquiry.id, cycleId };
          requireConfirmed(await countDifferences(trx, merchantId, place), confirmed);
          return confirmed;
        },
        async () => confirmed,
      );
    },

    /** Takes what a list tells into the record, when it is still what a person confirmed. */
    async useInquiry(of: OfAct & { n: number; confirmed: RowsAndYen }): Promise<UsedInquiry> {
      const { n, confirmed } = of;
      const { current } = await loadMerchantWithSettings(deps, of.merchant);
      const files = await actOnCycle(
        deps,
        of,
        { act: 'use-inquiry', body: { n, confirmed } },
        async (trx, merchantId, { id: cycleId }, decisionId) => {
          const inquiry = await findInquiry(trx, merchantId, { cycleId, n });
          if (inquiry === undefined) throw refuseUnknownList(n);
          const place = { inquiryId: inquiry.id, cycleId };
          if ((await findInquiryUse(trx, merchantId, inquiry.id)) !== undefined) {
            throw refusal(
              'StageConflict',
              'この照会データは反映済みです。何も変更していません。最新の照会データをダウンロードして取り込んでください。',
            );
          }
          const totals = await stageInquiry(trx, merchantId, place);
          requireConfirmed(totals, confirmed);
          const { windowDays } = current.settings.capture;
          const facts = { ...place, windowDays, decisionId, now: of.now };
          await recordInquiryFacts(trx, merchantId, facts);
          await settleTouchedFiles(trx, merchantId, { decisionId, now: of.now });
          const use = { ...totals, inquiryId: inquiry.id, decisionId, now: of.now };
          await insertInquiryUse(trx, merchantId, use);
          return await listFilesOfDecision(trx, merchantId, { cycleId, decisionId });
        },
        async (trx, merchantId, { id: cycleId }, decisionId) =>
          await listFilesOfDecision(trx, merchantId, { cycleId, decisionId }),
      );
      for (const { name } of files) await deps.workflows.wakeExchange(of.merchant, name);
      await refreshStatistics(deps.db, confirmed.rows, ['outcomes', 'endings', 'ending_results']);
      const returned = files.filter((file) => file.returned).map(({ name }) => name);
      return { ...confirmed, files: files.map(({ name }) => name), returned };
    },
  };
}

const refuseUnknownList = (n: number) =>
  refusal('UnknownFile', `${n} 番の照会データはありません。何も変更していません。`);

/** Every row of the stored file as the database takes it, in bounded memory. */
async function* inquiryRows(
  deps: ActivityDependencies,
  merchantId: number,
  of: { id: number; sha256: string; encoding: Awaited<ReturnType<typeof detectEncoding>> },
): AsyncGenerator<CopyValue[]> {
  const file = await openFile(deps.db, merchantId, of.sha256, deps.fileKeys);
  if (file === undefined) throw new Error('a stored file is never removed while it is read');
  for await (const payments of readPaymentInquiry(file.content, of.encoding)) {
    for (const payment of payments) {
      yield [
        of.id,
        payment.line,
        merchantId,
        payment.orderNumber,
        payment.paymentId,
        payment.status,
        payment.standing,
        payment.amountYen,
        payment.institution,
        payment.occurredAt,
        payment.updatedAt,
        payment.paidAt,
        payment.problem,
      ];
    }
  }
}
