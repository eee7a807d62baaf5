import { institutions } from '../card.ts';
import { periods, type SearchFields } from '../payment-search.ts';
import {
  type PaymentColumn,
  type PaymentRow,
  paymentColumns,
  paymentStatuses,
} from '../payments.ts';
import { formatPortalTime } from '../portal-time.ts';
import type { PaymentAct, PaymentSelection, SettledPayments } from '../settle-payments.ts';
import { type Html, html } from './html.ts';
import { formatYen, pageUrl, renderFacts, renderOptions } from './layout.ts';

/** 情報照会: search, sort, 詳細, 一括売上処理, 取消 (manual 002, chapter 4). */

/** How many rows a page of results shows; ours. */
export const rowsPerPage = 100;

export const carrierTab = 'キャリア決済';
/** 全ての決済方法, or one of those that are in use. */
const tabs: readonly string[] = ['全決済', 'カード決済', carrierTab];
const actNames: Readonly<Record<PaymentAct, string>> = { capture: '売上処理', void: '取消' };

export interface FoundPayments {
  readonly rows: readonly PaymentRow[];
  readonly total: number;
  readonly page: number;
}

export interface PaymentsView {
  readonly merchantId: string;
  /** What was entered, as the browser sent it. */
  readonly fields: SearchFields;
  /** Null before a search, or a sentence that refuses it. */
  readonly found: FoundPayments | string | null;
  readonly csvAllowed: boolean;
}

const textOf = (fields: SearchFields, name: string): string =>
  typeof fields[name] === 'string' ? fields[name] : '';

/** The same search with some fields changed, as an address. */
function searchUrl(view: PaymentsView, changes: SearchFields, ...path: readonly string[]): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...view.fields, ...changes })) {
    if (typeof value === 'string' && value !== '') query.set(name, value);
  }
  return `${pageUrl(view.merchantId, ...(path.length > 0 ? path : ['payments']))}?${query}`;
}

export function renderPayments(view: PaymentsView): Html {
  const wanted = textOf(view.fields, 'tab');
  const tab = tabs.find((name) => name === wanted) ?? tabs[0] ?? '';
  return html`<p class="tabs">${tabs.map(
    (name) =>
      html`<a href="${pageUrl(view.merchantId, 'payments')}?${new URLSearchParams({ tab: name }).toString()}"${name === tab && html` aria-current="page"`}>${name}</a>`,
  )}</p>
${renderConditions(view, tab)}
${renderFound(view)}`;
}

function renderConditions({ merchantId, fields }: PaymentsView, tab: string): Html {
  const input = (name: string, label: string): Html =>
    html`<input name="${name}" aria-label="${label}" value="${textOf(fields, name)}">`;
  const time = (name: string, label: string): Html =>
    html`<input type="datetime-local" step="1" name="${name}" aria-label="${label}" value="${textOf(fields, name)}">`;
  const select = (name: string, label: string, choices: readonly string[]): Html =>
    html`<select name="${name}" aria-label="${label}"><option value="">選択してください</option>${renderOptions(choices, textOf(fields, name))}</select>`;
  return html`<form method="get" action="${pageUrl(merchantId, 'payments')}">
<input type="hidden" name="tab" value="${tab}">
<p>▲がついている項目のいずれか1つに入力すると検索できます。</p>
${renderFacts([
  ['▲取引ID', input('transactionId', '取引ID')],
  ['▲決済ID', input('paymentId', '決済ID')],
  ...periods.map(
    ({ id, nameJa }) =>
      [
        `▲${nameJa}`,
        html`${time(`${id}From`, `${nameJa}から`)} ~ ${time(`${id}To`, `${nameJa}まで`)}`,
      ] as const,
  ),
  ['決済ステータス', select('status', '決済ステータス', paymentStatuses)],
  ['支払機関名', select('institution', '支払機関名', institutions)],
  [
    '決済金額',
    html`${input('amountFromYen', '決済金額から')} 円 ~ ${input('amountToYen', '決済金額まで')} 円`,
  ],
])}
<button name="search" value="1">検索</button>
</form>`;
}

function renderFound(view: PaymentsView): Html {
  const { merchantId, found, csvAllowed, fields } = view;
  if (found === null) return html``;
  if (typeof found === 'string') return html`<p class="notice error">${found}</p>`;
  const { rows, total, page } = found;
  if (total === 0) return html`<p class="notice">該当するデータがありません。</p>`;
  const first = (page - 1) * rowsPerPage + 1;
  const ticked = textOf(fields, 'tick') === 'all';
  return html`<p>検索結果 ${total} 件中 ${first}~${first + rows.length - 1}件を表示
<a href="${searchUrl(view, { tick: ticked ? '' : 'all' })}">${ticked ? '選択を全て解除' : '表示中の取引を全て選択'}</a></p>
<form method="post" action="${pageUrl(merchantId, 'payments', 'confirm')}">
<table id="payments">
<tr><th></th><th></th>${paymentColumns.map(({ id, nameJa }) => renderHead(view, id, nameJa))}</tr>
${rows.map((row) => renderRow(merchantId, row, ticked))}</table>
<p>${page > 1 && html`<a href="${searchUrl(view, { page: String(page - 1) })}">&lt;&lt;前へ</a>`}
${first + rows.length <= total && html`<a href="${searchUrl(view, { page: String(page + 1) })}">次へ&gt;&gt;</a>`}</p>
<p class="actions"><button name="act" value="capture">一括売上処理</button>
<button class="plain" name="act" value="void">取消</button>
${csvAllowed && html`<a class="button plain" href="${searchUrl(view, {}, 'payments.csv')}">上記の検索結果全件をCSVダウンロード</a>`}</p>
</form>`;
}

function renderHead(view: PaymentsView, id: PaymentColumn, nameJa: string): Html {
  const arrow = (direction: 'desc' | 'asc', sign: string, meaning: string): Html => {
    const current =
      (textOf(view.fields, 'sort') || 'occurredAt') === id &&
      (textOf(view.fields, 'direction') || 'asc') === direction;
    return html`<a href="${searchUrl(view, { sort: id, direction, page: '' })}" aria-label="${nameJa}の${meaning}"${current && html` aria-current="true"`}>${sign}</a>`;
  };
  return html`<th>${nameJa} <span class="order">${arrow('desc', '▼', '降順')}${arrow('asc', '▲', '昇順')}</span></th>`;
}

function renderRow(merchantId: string, row: PaymentRow, ticked: boolean): Html {
  const { paymentId } = row;
  return html`<tr><td><input type="checkbox" name="paymentId" value="${paymentId}" aria-label="決済ID ${paymentId} を選択"${ticked && html` checked`}></td><td><a href="${pageUrl(merchantId, 'payments', paymentId)}">詳細</a></td>${listCells(
    row,
  ).map(
    ([id, , value]) => html`<td${id === 'amountYen' && html` class="number"`}>${value}</td>`,
  )}</tr>\n`;
}

/** The nine columns as the screen writes them. */
function listCells(row: PaymentRow): (readonly [PaymentColumn, nameJa: string, value: string])[] {
  const shown: Readonly<Record<PaymentColumn, string>> = {
    ...row,
    occurredAt: formatPortalTime(row.occurredAt),
    updatedAt: formatPortalTime(row.updatedAt),
    paidAt: row.paidAt === null ? '-' : formatPortalTime(row.paidAt),
    amountYen: formatYen(row.amountYen),
  };
  return paymentColumns.map(({ id, nameJa }) => [id, nameJa, shown[id]] as const);
}

/** 詳細 of one payment, from where it can be captured or voided alone. */
export function renderPayment(merchantId: string, row: PaymentRow): Html {
  return html`${renderFacts(listCells(row).map(([, nameJa, value]) => [nameJa, value] as const))}
<form class="actions" method="post" action="${pageUrl(merchantId, 'payments', 'confirm')}">
<input type="hidden" name="paymentId" value="${row.paymentId}">
<button name="act" value="capture">売上処理</button>
<button class="plain" name="act" value="void">取消</button>
<a class="button plain" href="${pageUrl(merchantId, 'payments')}">戻る</a>
</form>`;
}

/** 確認: count and yen before anything is done. */
export function renderSettlementConfirmation(
  merchantId: string,
  act: PaymentAct,
  { rows, amountYen }: PaymentSelection,
): Html {
  return html`<p>以下の取引の${actNames[act]}を行います。内容を確認し、よろしければ【確認】をクリックしてください。</p>
${renderFacts([
  ['処理', actNames[act]],
  ['件数', `${rows.length.toLocaleString('ja-JP')}件`],
  ['金額', formatYen(amountYen)],
])}
<form class="actions" method="post" action="${pageUrl(merchantId, 'payments', 'settle')}">
<input type="hidden" name="records" value="${rows.length}">
<input type="hidden" name="amountYen" value="${amountYen}">
${rows.map(({ paymentId }) => html`<input type="hidden" name="paymentId" value="${paymentId}">`)}
<button name="act" value="${act}">確認</button>
<a class="button plain" href="${pageUrl(merchantId, 'payments')}">戻る</a>
</form>`;
}

/** 完了. */
export function renderSettled(merchantId: string, act: PaymentAct, done: SettledPayments): Html {
  return html`<p class="notice">${actNames[act]}が完了しました。</p>
${renderFacts([
  ['件数', `${done.records.toLocaleString('ja-JP')}件`],
  ['金額', formatYen(done.amountYen)],
  ['処理日時', formatPortalTime(done.at)],
])}
<a class="button" href="${pageUrl(merchantId, 'payments')}">OK</a>`;
}
