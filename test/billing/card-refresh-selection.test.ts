import { describe, expect, test } from 'vitest';
import {
  explainRefresh,
  judgeRefreshCard,
  type RefreshCandidate,
  type RefreshReason,
  refreshExclusions,
  refreshMemberId,
  refreshPreviewCsv,
} from '../../billing/card-refresh-selection.ts';

const card: RefreshCandidate = {
  service: 'GMO',
  customerDeleted: false,
  cardDeleted: false,
  customerRegisteredAt: '2019-05-01T00:00:00.000Z',
  cardRegisteredAt: '2019-05-01T00:00:00.000Z',
  memberId: 'US-00010000',
  sequence: '0',
  expiry: '2021-01',
  locked: false,
};

describe('which cards a refresh asks for', () => {
  // The example of manual 004: registered by 2020/12/31, result on 2021/01/27.
  test.each<[Partial<RefreshCandidate>, RefreshReason]>([
    [{}, 'expires_this_month'],
    [{ expiry: '2021-02' }, 'expires_next_month'],
    [{ expiry: '2021-03' }, 'expires_later'],
    [{ expiry: '2020-12' }, 'expired_before'],
    [{ cardRegisteredAt: '2020-12-31T14:59:59.999Z' }, 'expires_this_month'],
    [{ cardRegisteredAt: '2020-12-31T15:00:00.000Z' }, 'card_registered_late'],
    [{ customerRegisteredAt: '2020-12-31T15:00:00.000Z' }, 'customer_registered_late'],
    [{ customerDeleted: true }, 'customer_deleted'],
    [{ cardDeleted: true }, 'card_deleted'],
    [{ service: 'ZEUS' }, 'other_service'],
    [{ sequence: null }, 'unfit_keys'],
    [{ sequence: '連番' }, 'unfit_keys'],
    [{ memberId: 'm'.repeat(61) }, 'unfit_keys'],
    [{ locked: true }, 'locked'],
  ])('%j: %s', (rest, reason) => {
    expect(judgeRefreshCard({ ...card, ...rest }, { month: '2021-01', first: false })).toBe(reason);
  });

  test.each<[Partial<RefreshCandidate>, RefreshReason]>([
    [{ expiry: '2029-09' }, 'first_refresh'],
    [{ expiry: '2019-01' }, 'first_refresh'],
    [{ cardRegisteredAt: '2021-01-15T00:00:00.000Z' }, 'first_refresh'],
    [{ cardDeleted: true }, 'card_deleted'],
    [{ service: 'YAMATO' }, 'other_service'],
  ])('the first refresh, %j: %s', (rest, reason) => {
    expect(judgeRefreshCard({ ...card, ...rest }, { month: '2021-01', first: true })).toBe(reason);
  });

  test('December is followed by January', () => {
    const rule = { month: '2020-12', first: false };
    expect(judgeRefreshCard({ ...card, expiry: '2021-01' }, rule)).toBe('expires_next_month');
  });

  test('every reason says in or out', () => {
    for (const reason of refreshExclusions)
      expect(explainRefresh(reason)).toMatch(/^対象外: .+。$/);
    expect(explainRefresh('first_refresh')).toMatch(/^対象: /);
  });

  test('会員ID is what the card file gave, else our 顧客ID', () => {
    expect(refreshMemberId({ customerId: 10_000, sendId: 'm-1' })).toBe('m-1');
    expect(refreshMemberId({ customerId: 10_000, sendId: '' })).toBe('US-00010000');
  });

  test('the preview opens safely in a spreadsheet', () => {
    const shown = {
      ...{ cardId: 1, customerId: 10_000, customerNumber: '=1+1', memberId: '@m', sequence: '-1' },
      ...{ lastDigits: '234', expiry: '2021-01', included: false, why: 'locked' as const },
    };
    const text = refreshPreviewCsv([shown], { head: true });
    expect(text.split('\r\n')[0]).toBe(
      '顧客番号,顧客ID,会員ID,カード登録連番,カード番号末尾,有効期限,対象,理由',
    );
    expect(text).toContain("'=1+1,US-00010000,'@m,'-1,234,2021-01,対象外,対象外: ");
  });
});
