import i18next from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';

/** Japanese first, English by a switch. What the API says to operators is Japanese in both. */
export const LANGUAGES = ['ja', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
/** Each in itself: who looks for it cannot read the other. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { ja: '日本語', en: 'English' };

const storageKey = 'tsukigime.language';

function rememberedLanguage(): Language {
  return localStorage.getItem(storageKey) === 'en' ? 'en' : 'ja';
}

export async function startLanguage(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: rememberedLanguage(),
    fallbackLng: 'ja',
    resources: {},
    // React escapes what it shows.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = i18next.language;
}

export function useLanguage(): {
  readonly language: Language;
  readonly choose: (language: Language) => void;
} {
  const { i18n } = useTranslation();
  return {
    language: i18n.language === 'en' ? 'en' : 'ja',
    choose: (language) => {
      localStorage.setItem(storageKey, language);
      document.documentElement.lang = language;
      void i18n.changeLanguage(language);
    },
  };
}

type Values = Readonly<Record<string, string | number>>;

/**
 * The words of one page or part, both languages side by side: `{{name}}` stands for a value. They
 * load with the page that uses them, and a word without its translation does not compile.
 *
 * @returns a hook that gives the word of a key in the chosen language
 */
export function defineWords<const Words extends Readonly<Record<string, string>>>(
  namespace: string,
  words: { readonly ja: Words; readonly en: { readonly [Key in keyof Words]: string } },
): () => (key: keyof Words & string, values?: Values) => string {
  for (const language of LANGUAGES) {
    waiting.push([language, namespace, words[language]]);
  }
  return () => {
    for (const [language, name, found] of waiting.splice(0)) {
      i18next.addResourceBundle(language, name, found, false, true);
    }
    const { t } = useTranslation(namespace);
    return (key, values) => t(key, { ...values, ns: namespace });
  };
}

/** Words of modules that were loaded before i18next had started. */
const waiting: [Language, string, Readonly<Record<string, string>>][] = [];
