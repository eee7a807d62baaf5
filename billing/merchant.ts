/** A sandbox merchant uses simulated PSPs only and may have its clock moved; a real one never. */
export const merchantKinds = ['real', 'sandbox'] as const;

export type MerchantKind = (typeof merchantKinds)[number];

/** How a merchant is named in URLs, workflow IDs and search attributes: never its PSP's ID. */
export const merchantSlugPattern = /^[a-z0-9-]{3,32}$/;
