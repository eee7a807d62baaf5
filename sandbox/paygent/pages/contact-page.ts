import { contactPlaces } from '../contacts.ts';
import { type Html, html } from './html.ts';
import { pageUrl, renderFacts } from './layout.ts';

/** 加盟店情報管理: the addresses of the completion mail. */
export function renderContacts(
  merchantId: string,
  contacts: readonly string[],
  notice: { readonly text: string; readonly isError: boolean } | null,
): Html {
  const places = Array.from({ length: contactPlaces }, (_, index) => index);
  return html`${notice && html`<p class="notice${notice.isError && ' error'}">${notice.text}</p>`}
<p>取引ファイルの処理が完了すると、担当者1(TO)と担当者2・3(CC)に処理完了メールをお送りします。</p>
<form method="post" action="${pageUrl(merchantId, 'contacts')}">
${renderFacts(
  places.map((index) => {
    const name = `担当者${index + 1}`;
    return [
      `${name} (${index === 0 ? 'TO' : 'CC'})`,
      html`<input name="contact" size="40" aria-label="${name}" value="${contacts[index] ?? ''}">`,
    ] as const;
  }),
)}
<button>変更</button>
</form>`;
}
