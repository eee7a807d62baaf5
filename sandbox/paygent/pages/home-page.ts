import { outcomePatterns } from '../outcome-patterns.ts';
import { formatFieldTime } from '../portal-time.ts';
import type { PaygentState } from '../state.ts';
import { type Html, html } from './html.ts';
import { pageUrl } from './layout.ts';

/** The sandbox's own first page: choose an account, or make one; the clock. No login. */
export function renderHome(state: PaygentState): Html {
  const accounts = [...state.merchants.keys()];
  return html`<p class="notice">アカウントを選ぶと、そのアカウントのメニューに進みます。ログインは不要です。</p>
<h2>アカウント</h2>
${
  accounts.length === 0
    ? html`<p>アカウントはまだありません。マーチャントIDを入力して登録してください。</p>`
    : html`<ul>${accounts.map((id) => html`<li><a href="${pageUrl(id)}">${id}</a></li>`)}</ul>`
}
<form method="post" action="/home/accounts">
<label>マーチャントID <input name="merchantId" required pattern="[0-9A-Za-z_\\-]{1,20}"></label>
<button>登録</button>
</form>
<h2>時計</h2>
<p>時刻は進めることだけができます。進めると、その間に処理の完了やオーソリの期限切れが起こります。</p>
<form method="post" action="/home/clock">
<label>時刻(日本時間) <input type="datetime-local" step="1" name="now" required
value="${state.now === null ? '' : formatFieldTime(state.now)}"></label>
<button>時刻を進める</button>
</form>
<h2>結果を指定する注文番号・金額</h2>
<table>
<tr><th>項目</th><th>例</th><th>結果</th></tr>
${outcomePatterns.map(
  ({ field, example, meaningJa }) =>
    html`<tr><td>${field === 'orderNumber' ? '注文番号' : '請求金額'}</td><td>${example}</td><td>${meaningJa}</td></tr>\n`,
)}</table>`;
}

/** The menu of one account. */
export function renderAccountMenu(merchantId: string): Html {
  const entries: readonly (readonly [path: string, name: string, about: string])[] = [
    ['files', 'ファイル処理', '取引ファイルのアップロード、処理結果の検索とダウンロード'],
    ['payments', '情報照会', '決済の検索、一括売上処理、取消、CSVダウンロード'],
    ['contacts', '加盟店情報管理', '処理完了メールを受け取る担当者1~3の変更'],
  ];
  return html`<ul>
${entries.map(
  ([path, name, about]) =>
    html`<li><a href="${pageUrl(merchantId, path)}">${name}</a> … ${about}</li>\n`,
)}</ul>`;
}
