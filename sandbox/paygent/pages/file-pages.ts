import { type FormatError, shownDataErrors } from '../../../psp/paygent/format-check.ts';
import type { ResultRow } from '../results.ts';
import { uploadKinds } from '../upload-kinds.ts';
import type { Confirmation } from '../uploads.ts';
import { type Html, html } from './html.ts';
import { formatYen, pageUrl, renderFacts, renderOptions } from './layout.ts';

/** ファイル処理: upload, confirm, 受付番号, search for results (manual 002, chapter 3). */

export interface ResultForm {
  readonly acceptanceNumber: string;
  /** As a browser's field holds them. */
  readonly acceptedFrom: string;
  readonly acceptedTo: string;
  readonly transactionKind: string;
}

/** `results` is null before a search, or a sentence that refuses it. */
export function renderFiles(
  merchantId: string,
  form: ResultForm,
  results: readonly ResultRow[] | string | null,
): Html {
  return html`<h2>ファイルアップロード</h2>
<p>ファイルフォーマットに従って作成した取引ファイルをアップロードします。入力チェックは書式チェックのみです。</p>
<form method="post" action="${pageUrl(merchantId, 'uploads')}" enctype="multipart/form-data">
${renderFacts([
  ['取引ファイル', html`<input type="file" name="file" aria-label="取引ファイル">`],
  [
    '決済種別',
    html`<select name="paymentKind" aria-label="決済種別">${renderOptions(uploadKinds.map(({ paymentKind }) => paymentKind))}</select>`,
  ],
  [
    '取引種別',
    html`<select name="transactionKind" aria-label="取引種別"><option value="">選択してください</option>${uploadKinds.map(
      ({ paymentKind, transactionKinds }) =>
        html`<optgroup label="${paymentKind}">${renderOptions(transactionKinds)}</optgroup>`,
    )}</select>`,
  ],
])}
<p>※オーソリ/売上/取消 以外は選択しないでください。</p>
<button>アップロード</button>
</form>
<h2>ファイル処理結果検索</h2>
<form method="get" action="${pageUrl(merchantId, 'files')}">
<p>受付番号、または受付日時・取引種別を入力して検索してください。</p>
${renderFacts([
  [
    '受付番号',
    html`<input name="acceptanceNumber" aria-label="受付番号" value="${form.acceptanceNumber}">`,
  ],
  [
    '受付日時',
    html`<input type="datetime-local" name="acceptedFrom" aria-label="受付日時から" value="${form.acceptedFrom}"> ~ <input type="datetime-local" name="acceptedTo" aria-label="受付日時まで" value="${form.acceptedTo}">`,
  ],
  [
    '取引種別',
    html`<select name="resultKind" aria-label="検索する取引種別"><option value="">選択してください</option>${renderOptions(['オーソリ', '売上'], form.transactionKind)}</select>`,
  ],
])}
<button name="search" value="1">検索</button>
</form>
${renderResults(merchantId, results)}`;
}

function renderResults(merchantId: string, results: readonly ResultRow[] | string | null): Html {
  if (results === null) return html``;
  if (typeof results === 'string') return html`<p class="notice error">${results}</p>`;
  if (results.length === 0) return html`<p class="notice">該当するデータがありません。</p>`;
  return html`<p>検索結果 ${results.length} 件中 1~${results.length}件を表示</p>
<table id="results">
<tr><th>取引種別</th><th>受付番号</th><th>受付日時</th><th>処理種別</th><th>NG件数</th><th>ステータス</th><th></th></tr>
${results.map(
  (row) =>
    html`<tr><td>${row.transactionKind}</td><td>${row.acceptanceNumber}</td><td>${row.acceptedAt}</td><td class="number">${row.processingKind}</td><td class="number">${row.ngCount}</td><td>${row.status}</td><td>${
      row.status === '完了処理済' &&
      html`<a class="button plain" href="${pageUrl(merchantId, 'results', row.acceptanceNumber)}">ダウンロード</a>`
    }</td></tr>\n`,
)}</table>
<p>※検索できるのは、アップロードされた順に過去10件までです。</p>`;
}

const parts: Readonly<Record<FormatError['part'], string>> = {
  file: 'ファイル',
  header: 'ヘッダレコード',
  data: 'データレコード',
  trailer: 'トレーラレコード',
};

/** The portal's error screen: nothing was accepted. */
export function renderFormatErrors(merchantId: string, errors: readonly FormatError[]): Html {
  return html`<p class="notice error">取引ファイルの書式に誤りがあります。このファイルは受け付けられていません。</p>
<table id="format-errors">
<tr><th>取引ファイル項目</th><th>行</th><th>項目</th><th>内容</th></tr>
${errors.map(
  ({ part, line, item, content }) =>
    html`<tr><td>${parts[part]}</td><td class="number">${line}</td><td>${item}</td><td>${content}</td></tr>\n`,
)}</table>
${errors.length >= shownDataErrors && html`<p>※先頭${shownDataErrors}件までのエラーを表示しています。以後のエラー内容は表示されません。</p>`}
<a class="button" href="${pageUrl(merchantId, 'files')}">OK</a>`;
}

/** 確認: the four values before anything is accepted. */
export function renderUploadConfirmation(merchantId: string, shown: Confirmation): Html {
  return html`<p>内容を確認し、よろしければ【確認】をクリックしてください。</p>
${renderFacts([
  ['決済種別', shown.paymentKind],
  ['取引種別', shown.transactionKind],
  ['件数', `${shown.records.toLocaleString('ja-JP')}件`],
  ['金額', formatYen(shown.amountYen)],
])}
<form class="actions" method="post" action="${pageUrl(merchantId, 'uploads', shown.uploadId, 'confirm')}">
<button>確認</button>
<a class="button plain" href="${pageUrl(merchantId, 'files')}">戻る</a>
</form>`;
}

/** 完了: the 受付番号. */
export function renderAcceptance(merchantId: string, acceptanceNumber: string): Html {
  return html`<p class="notice">取引ファイルを受け付けました。</p>
<p>受付番号 <span class="big" id="acceptance-number">${acceptanceNumber}</span></p>
<p>受付番号を控えてください。処理が完了すると、担当者に処理完了メールが届きます。</p>
<a class="button" href="${pageUrl(merchantId, 'files')}">OK</a>`;
}
