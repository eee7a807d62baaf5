import { type Html, type HtmlPart, html } from './html.ts';

export interface Page {
  readonly title: string;
  /** The account whose menu stands above the page; none on the first page. */
  readonly merchantId?: string | undefined;
  /** The sandbox's time as the portal writes it; none before anybody has told it. */
  readonly now: string | null;
  readonly body: HtmlPart;
}

/** Address of a page of an account; the parts are encoded. */
export function pageUrl(merchantId: string, ...parts: readonly string[]): string {
  return ['/portal', ...[merchantId, ...parts].map(encodeURIComponent)].join('/');
}

/** The whole document around a page. */
export function renderPage({ title, merchantId, now, body }: Page): string {
  const document = html`<!doctype html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - 模擬ペイジェントオンライン</title>
<link rel="stylesheet" href="/portal.css">
</head>
<body>
<header>
<a class="brand" href="/">模擬ペイジェントオンライン</a>
<span class="clock">${now ?? '時刻未設定'}</span>
</header>
${merchantId === undefined ? null : renderMenu(merchantId)}
<main>
<h1>${title}</h1>
${body}
</main>
<footer>Tsukigime の練習用サンドボックスです。実在の決済代行会社とは関係なく、実際の請求は行われません。</footer>
</body>
</html>
`;
  return document.markup;
}

function renderMenu(merchantId: string): Html {
  return html`<nav>
<span>マーチャントID ${merchantId}</span>
<a href="${pageUrl(merchantId)}">メニュー</a>
<a href="${pageUrl(merchantId, 'files')}">ファイル処理</a>
<a href="${pageUrl(merchantId, 'payments')}">情報照会</a>
<a href="${pageUrl(merchantId, 'contacts')}">加盟店情報管理</a>
</nav>`;
}

/** A table of two columns: what is shown, and its value. */
export function renderFacts(facts: readonly (readonly [name: string, value: HtmlPart])[]): Html {
  return html`<table class="facts">
${facts.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>\n`)}</table>`;
}

export function renderOptions(choices: readonly string[], chosen = ''): Html[] {
  return choices.map(
    (choice) => html`<option${choice === chosen ? html` selected` : null}>${choice}</option>`,
  );
}

export const formatYen = (yen: number): string => `${yen.toLocaleString('ja-JP')}円`;

export const portalCss = `
:root { --ink: #1d2733; --line: #c3ccd6; --brand: #0b5f8a; --pale: #eef4f8; --warn: #a02020; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #fff;
  font: 15px/1.6 'Hiragino Sans', 'Noto Sans JP', 'Noto Sans CJK JP', Meiryo, sans-serif; }
header { display: flex; justify-content: space-between; padding: .6rem 1.2rem; color: #fff;
  background: var(--brand); }
header a { color: inherit; font-weight: bold; text-decoration: none; }
nav { display: flex; flex-wrap: wrap; gap: 1.2rem; padding: .5rem 1.2rem; background: var(--pale);
  border-bottom: 1px solid var(--line); }
nav span { font-weight: bold; }
main { max-width: 1180px; padding: 0 1.2rem 2rem; }
footer { padding: .8rem 1.2rem; color: #5b6875; font-size: .85rem;
  border-top: 1px solid var(--line); }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
a { color: var(--brand); }
table { border-collapse: collapse; margin: .8rem 0; }
th, td { padding: .3rem .6rem; border: 1px solid var(--line); text-align: left; }
th { background: var(--pale); font-weight: normal; white-space: nowrap; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
label { margin-right: 1rem; }
input, select, button { font: inherit; padding: .2rem .4rem; }
button, .button { padding: .35rem 1.2rem; color: #fff; background: var(--brand); border: 0;
  border-radius: 3px; text-decoration: none; cursor: pointer; display: inline-block; }
button.plain, .button.plain { color: var(--ink); background: #dfe6ec; }
.notice { padding: .6rem 1rem; border-left: 4px solid var(--brand); background: var(--pale); }
.error { border-color: var(--warn); color: var(--warn); background: #fbeeee; }
.big { font-size: 1.8rem; font-weight: bold; }
.actions { display: flex; gap: .8rem; margin: 1rem 0; }
.tabs a { padding: .3rem 1rem; border: 1px solid var(--line); border-bottom: 0;
  text-decoration: none; }
.tabs a[aria-current] { background: var(--pale); font-weight: bold; }
.order { white-space: nowrap; font-size: .8rem; } .order a { text-decoration: none; }
.order a[aria-current] { color: var(--warn); }
`;
