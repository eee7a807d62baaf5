import { expect, test } from 'vitest';
import { AUDIT_ACT_LABELS_JA } from '../../billing/audit-acts.ts';
import { listSources, readText } from '../tidy/checkout.ts';

test('the audit has words for acts that there are, by their very codes', () => {
  const rooms = /^(?:activities|api|cli|db|temporal|workflows|workers)\//;
  const sources = listSources().filter((path) => rooms.test(path));
  const text = sources.map(readText).join('\n');
  // Some are made of a noun and a state: `endpoint.${state}`.
  const isMade = (code: string) => text.includes(`\`${code.split('.')[0]}.$\{`);
  const unknown = Object.keys(AUDIT_ACT_LABELS_JA).filter(
    (code) => !text.includes(`'${code}'`) && !isMade(code),
  );
  expect(unknown).toEqual([]);
});
