/** The largest customer number: `US-` has room for eight digits after it. */
export const maxCustomerId = 99_999_999;

const spelling = /^US-(\d{8})$/;
const sendIdSpelling = /^US-(\d{8})-\d{2}$/;

/** Our ID of a customer as people and files write it: `US-00010000` (manual 001). */
export function formatCustomerId(id: number): string {
  return `US-${String(id).padStart(8, '0')}`;
}

/** The number in a customer ID; null when it is none. */
export function parseCustomerId(text: string): number | null {
  const digits = spelling.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The customer in a SEND ID of ZEUS, `US-XXXXXXXX-XX` (manual 000); null when it is none. */
export function parseSendId(text: string): number | null {
  const digits = sendIdSpelling.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
}
