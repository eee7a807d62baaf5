import { expect, test } from 'vitest';
import {
  cardRefreshSchema,
  findMissingRefreshSetting,
  refreshRequestName,
} from '../../billing/card-refresh-settings.ts';

const sftp = {
  host: '192.0.2.10',
  user: 'shop-1',
  secretName: 'gmo-sftp',
  hostKeys: [`SHA256:${'a'.repeat(43)}`],
};

test('what a person must set is said by its name', () => {
  const nothing = cardRefreshSchema.parse({});
  expect(findMissingRefreshSetting(nothing)).toContain('ショップID、ショップパスワード、サイトID');
  const all = cardRefreshSchema.parse({
    ...{ shopId: 'shop-1', shopPasswordSecret: 'gmo-shop' },
    ...{ siteId: 'site-1', sitePasswordSecret: 'gmo-site', sftp },
  });
  expect(findMissingRefreshSetting(all)).toBeNull();
  expect(findMissingRefreshSetting({ ...all, sftp: null })).toContain('SFTPの接続先');
});

test('a request is named after its month', () => {
  const { sftp: set } = cardRefreshSchema.parse({ sftp });
  expect(refreshRequestName(set ?? { requestName: '' }, '2026-12')).toBe(
    'tsukigime-refresh-202612.csv',
  );
});

test.each([
  ['a name without its month', { sftp: { ...sftp, requestName: 'request.csv' } }],
  ['a path as a name', { sftp: { ...sftp, resultName: 'x/{name}.csv' } }],
  ['a request on the day of the results', { requestDay: 27 }],
  ['two columns in one place', { resultLayout: { memberId: 6 } }],
  ['a column behind the last one', { resultLayout: { columns: 7 } }],
  ['エポス連携 without its code', { epos: { enabled: true } }],
])('%s is refused', (_name, settings) => {
  expect(cardRefreshSchema.safeParse(settings).success).toBe(false);
});
