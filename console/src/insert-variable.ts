/**
 * Puts a variable into a text where the cursor stands, or in place of what is marked; behind another
 * variable where the cursor stands inside one, so that neither is broken.
 *
 * @param from and `to`: where the marked part begins and ends, in UTF-16 units
 */
export function insertVariable(text: string, token: string, from: number, to: number): string {
  const [start, end] = from === to ? [outside(text, from), outside(text, from)] : [from, to];
  return `${text.slice(0, start)}${token}${text.slice(end)}`;
}

function outside(text: string, at: number): number {
  for (const { index, 0: variable } of text.matchAll(/@@[^@\r\n]*@@/g)) {
    const end = index + variable.length;
    if (index < at && at < end) return end;
  }
  return at;
}
