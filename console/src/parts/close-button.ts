import { defineWords } from '../language.ts';

const useWords = defineWords('close-button', { ja: { close: '閉じる' }, en: { close: 'Close' } });

/** The name of the cross in the corner of a dialog or drawer, for those who do not see it. */
export function useCloseButton(): { readonly 'aria-label': string } {
  const words = useWords();
  return { 'aria-label': words('close') };
}
