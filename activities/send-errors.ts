import {
  findHindrance,
  readConfirmation,
  SERVICE_CHECKED,
  type SendErrorChoice,
  type SendErrorConfirmation,
  type SendErrorFacts,
  writeConfirmation,
} from '../billing/send-error-confirmation.ts';
import type { Trx } from '../db/database.ts';
import { readStoredConfirmation } from '../db/queries/send-error-confirmation.ts';
import {
  listActsOfDecision,
  readSendErrorFacts,
  recordSendErrorActs,
} from '../db/queries/send-errors.ts';
import type { Act } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { loadMerchant } from './merchant.ts';

/** What became of the rows of a confirm page, by the send errors' public IDs. */
export interface SendErrorsDone {
  readonly resent: readonly string[];
  readonly settled: readonly string[];
  /** Out of the eight months since the page was shown: nothing was done. */
  readonly tooOld: readonly string[];
}

export function createSendErrorActivities(deps: ActivityDependencies) {
  /** The page as it was shown. */
  async function readStored(merchantId: number, sha256: string): Promise<string> {
    const stored = await readStoredConfirmation(deps.db, merchantId, sha256, deps.fileKeys);
    if (stored !== undefined) return stored.text;
    throw refusal(
      'UnknownConfirmation',
      'この確認内容は保存されていません。何も送信していません。もう一度一覧から確認してください。',
    );
  }

  return {
    /**
     * Does what a confirm page showed, if nothing has changed since: each 再送信 is queued, each 処理済
     * is marked and sends nothing. Rows that have left the eight months stay as they are.
     */
    async actOnSendErrors(of: {
      readonly merchant: string;
      readonly now: string;
      readonly workflowId: string;
      readonly act: Act;
      /** sha256 of the stored page. */
      readonly confirmation: string;
    }): Promise<SendErrorsDone> {
      const merchant = await loadMerchant(deps, of.merchant);
      const shown = await readStored(merchant.id, of.confirmation);
      const { mode, choices } = readConfirmation(shown);
      const count = (what: (choice: SendErrorChoice) => boolean) => choices.filter(what).length;
      const resends = count(({ act }) => act === 'resend');
      try {
        const done = await deps.db.transaction().execute(async (trx) => {
          const decision = await decide(trx, merchant.id, of, {
            act: 'act-on-send-errors',
            body: {
              confirmation: of.confirmation,
              mode,
              resends,
              settled: choices.length - resends,
              corrected: count(({ parameters }) => parameters !== null),
              ...(resends > 0 ? { checked: SERVICE_CHECKED } : {}),
            },
          });
          if (decision.fresh) {
            const rows = await readRows(trx, merchant.id, choices);
            refuseUnlessSame({ mode, rows }, shown);
            const ready = rows.filter(({ choice, seen }) => isReady(choice, seen, of.now));
            await recordSendErrorActs(trx, merchant.id, {
              choices: ready.map(({ choice }) => choice),
              decisionId: decision.id,
              now: of.now,
            });
          }
          const acts = await listActsOfDecision(trx, merchant.id, decision.id);
          return sumUp(choices, acts);
        });
        const endpoints = new Set(choices.map(({ endpoint }) => endpoint));
        for (const endpoint of endpoints) await deps.workflows.wakeDeliveryDesk(merchant, endpoint);
        return done;
      } catch (error) {
        throw asRefusal(error);
      }
    },
  };
}

async function readRows(trx: Trx, merchantId: number, choices: readonly SendErrorChoice[]) {
  const sendErrors = choices.map(({ sendError }) => sendError);
  const facts = await readSendErrorFacts(trx, merchantId, { sendErrors, lock: true });
  const byId = new Map(facts.map((one) => [one.sendError, one]));
  return choices.flatMap((choice) => {
    const seen = byId.get(choice.sendError);
    return seen === undefined ? [] : [{ choice, seen }];
  });
}

function refuseUnlessSame(now: SendErrorConfirmation, shown: string): void {
  if (writeConfirmation(now) === shown) return;
  throw refusal(
    'ConfirmationOutdated',
    '確認した後に送信エラーの状態が変わりました。何も送信していません。一覧を読み直し、もう一度確認してください。',
  );
}

/** Only time can have come in the way since: all else would have changed the page. */
function isReady(choice: SendErrorChoice, seen: SendErrorFacts, now: string): boolean {
  return findHindrance(choice, seen, now) === null;
}

function sumUp(
  choices: readonly SendErrorChoice[],
  acts: Awaited<ReturnType<typeof listActsOfDecision>>,
): SendErrorsDone {
  const done = new Set(acts.map(({ sendError }) => sendError));
  const of = (act: SendErrorChoice['act']) =>
    acts.filter((one) => one.act === act).map(({ sendError }) => sendError);
  return {
    resent: of('resend'),
    settled: of('settle'),
    tooOld: choices.map(({ sendError }) => sendError).filter((id) => !done.has(id)),
  };
}
