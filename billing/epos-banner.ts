/** The banner of エポスカード即時発行スキーム that a shop shows instead of the default one (manual 004). */

export const bannerTypes = ['image/png', 'image/jpeg', 'image/gif'] as const;
export type BannerType = (typeof bannerTypes)[number];

/** A banner is a small picture; larger ones slow the shop's page down. */
export const MAX_BANNER_BYTES = 512 * 1024;

/** How each kind begins and ends; a picture that was cut ends otherwise. */
const marks: Readonly<Record<BannerType, { starts: readonly string[]; ends: string }>> = {
  'image/png': { starts: ['89504e470d0a1a0a'], ends: '49454e44ae426082' },
  'image/jpeg': { starts: ['ffd8ff'], ends: 'ffd9' },
  'image/gif': { starts: ['474946383761', '474946383961'], ends: '3b' },
};

/** What a file is by its content, whatever it is called; null = none of them, or not whole. */
export function readBannerType(content: Buffer): BannerType | null {
  const head = content.subarray(0, 8).toString('hex');
  const tail = content.subarray(-8).toString('hex');
  const found = bannerTypes.find((type) => {
    const { starts, ends } = marks[type];
    return starts.some((start) => head.startsWith(start)) && tail.endsWith(ends);
  });
  return found ?? null;
}
