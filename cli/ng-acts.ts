import { randomUUID } from 'node:crypto';
import { type BusinessDate, parseBusinessDate } from '../billing/business-date.ts';
import type { DeclineClass } from '../billing/decline.ts';
import type { NgAct } from '../billing/ng-act.ts';
import type { LimitKind } from '../billing/ng-case.ts';
import { wakeNgDesk } from '../temporal/start-ng-desk.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import { actOnNgCases } from '../workflows/messages.ts';
import { ngDeskWorkflowId } from '../workflows/workflow-ids.ts';
import { type AtMerchant, atMerchant, withTemporal } from './at-merchant.ts';
import { readActor } from './record-access.ts';
import { UnusableInputError } from './unusable-input.ts';

/** Acts on declined charges: all of those named, or none; exit code 2 when the desk refuses. */
export interface NgActCommand {
  readonly merchant: string;
  readonly month: string;
  readonly order: readonly string[];
  /** The decline that was looked at, as `ng list` shows it. */
  readonly attempt?: number;
  readonly reason?: string;
}

interface OnADay {
  /** YYYY-MM-DD. */
  readonly on?: string;
}

/** `tsukigime ng retry`: on a day, or at once. */
export const runNgRetry = (command: NgActCommand & OnADay) =>
  tell(command, () => {
    const on = dayOf(command);
    const said = `再オーソリを指示しました(${on ?? 'すぐに'})`;
    return { what: { kind: 'retry', on }, said };
  });

/** `tsukigime ng ask`: mails the customers, in the hours of the settings. */
export const runNgAsk = (command: NgActCommand) =>
  tell(command, () => ({
    what: { kind: 'ask_customer' },
    said: '顧客へのメールを送信待ちにしました',
  }));

/** `tsukigime ng skip-mail`: the next mail to the customers does not leave. */
export const runNgSkipMail = (command: NgActCommand) =>
  tell(command, () => ({
    what: { kind: 'skip_contact' },
    said: '次の顧客へのメールを取りやめました',
  }));

/** `tsukigime ng carry-over`: billed with the customer's next order, or with the one named. */
export const runNgCarryOver = (command: NgActCommand & { readonly to?: string }) =>
  tell(command, () => ({
    what: { kind: 'carry_over', toOrderNumber: numberOf(command.to) },
    said: `${command.to === undefined ? '次の注文' : `注文 ${command.to} `}への繰越を指示しました`,
  }));

/** `tsukigime ng limit`: which limit it was; `--raised`: the customer had it raised. */
export const runNgLimit = (
  command: NgActCommand & OnADay & { readonly limit: LimitKind; readonly raised?: boolean },
) =>
  tell(command, () => {
    const { limit, raised = false } = command;
    const on = dayOf(command);
    if (on !== null && !raised) {
      throw new UnusableInputError('--on goes with --raised', '引き上げの日は --raised と指定');
    }
    if (!raised)
      return { what: { kind: 'limit_known', limit }, said: '限度額の種類を記録しました' };
    const said = `限度額の引き上げを記録し、再オーソリを指示しました(${on ?? 'すぐに'})`;
    return { what: { kind: 'limit_raised', limit, on }, said };
  });

/** `tsukigime ng new-card`: a new card or registration lives at PSP or shop. */
export const runNgNewCard = (command: NgActCommand & { readonly previous?: string }) =>
  tell(command, () => ({
    what: { kind: 'new_card', previousOrderNumber: numberOf(command.previous) },
    said: '新しいカード・登録を記録しました',
  }));

/** `tsukigime ng replaced`: another order was paid in its place. */
export const runNgReplaced = (command: NgActCommand & { readonly by: string }) =>
  tell(command, () => ({
    what: { kind: 'replaced', byOrderNumber: numberOf(command.by) ?? '' },
    said: `注文 ${command.by} で支払い済みと記録しました`,
  }));

/** `tsukigime ng classify`: what kind of decline it was. */
export const runNgClassify = (command: NgActCommand & { readonly class: DeclineClass }) =>
  tell(command, () => ({
    what: { kind: 'classify', class: command.class },
    said: '分類を記録しました',
  }));

/** `tsukigime ng cancel`: the charge ends unbilled. */
export const runNgCancel = (command: NgActCommand) =>
  tell(command, () => ({ what: { kind: 'cancel' }, said: '請求をキャンセルしました' }));

/** `tsukigime ng give-up`: the charge ends unbilled, and the shop's people are told. */
export const runNgGiveUp = (command: NgActCommand) =>
  tell(command, () => ({ what: { kind: 'give_up' }, said: '請求を断念しました' }));

function tell(
  command: NgActCommand,
  read: () => { readonly what: NgAct; readonly said: string },
): Promise<number> {
  return atMerchant(command, async (at) => {
    const { what, said } = read();
    console.log(`${said}: ${await tellDesk(at, command, what)} 件`);
    return 0;
  });
}

/** As the API reads it; null where none was named. */
function numberOf(text: string | undefined): string | null {
  if (text === undefined || /^[0-9A-Za-z_-]{1,50}$/.test(text)) return text ?? null;
  throw new UnusableInputError(`${text} is no order number`, '注文番号を確かめてください');
}

/** Null: at once. */
function dayOf({ on }: OnADay): BusinessDate | null {
  if (on === undefined) return null;
  const day = parseBusinessDate(on);
  if (day !== null) return day;
  throw new UnusableInputError('--on is written YYYY-MM-DD', '日付を確かめてください');
}

async function tellDesk(at: AtMerchant, command: NgActCommand, what: NgAct): Promise<number> {
  const { slug } = at.merchant;
  const idempotencyKey = randomUUID();
  const { month, order, attempt } = command;
  const cases = order.map((orderNumber) => ({ month, orderNumber, attempt }));
  const act = { actor: readActor(), idempotencyKey, reason: command.reason ?? null };
  return await withTemporal(at, async (client) => {
    await wakeNgDesk(createWorkflowStarter(client), at.merchant);
    const { changed } = await client.workflow
      .getHandle(ngDeskWorkflowId(slug))
      .executeUpdate(actOnNgCases, { args: [{ ...act, cases, what }], updateId: idempotencyKey });
    return changed;
  });
}
