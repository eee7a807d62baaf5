import { describe, expect, test } from 'vitest';
import {
  allowedActions,
  describeRefused,
  judgeChoices,
  suggestActions,
  sumDecisions,
} from '../../billing/desk-decision.ts';
import {
  adviseItem,
  compareFields,
  type DeskItem,
  describeDifference,
  parseDeskItem,
} from '../../billing/reconciliation-desk.ts';

const exchange = { billingMonth: '2026-11', kind: 'auth', number: 1 } as const;

const amountDiffers = {
  code: 'amountYen_differs',
  field: 'amountYen',
  nameJa: '請求金額',
  sent: '7988',
  returned: '7898',
  ja: '請求金額: 送信 7988、返却 7898',
  en: 'amount 7988 sent, 7898 returned',
};

const quarantined: DeskItem = {
  item: 'line.2026-11.auth.1.2',
  kind: 'quarantined',
  month: '2026-11',
  exchange,
  line: 2,
  resultLine: 2,
  round: 1,
  slot: 'authorization',
  orderNumber: '0901',
  customerNumber: '11',
  previousOrderNumber: '0801',
  amountYen: 7988,
  responseCode: '0',
  responseDetail: null,
  reasons: [amountDiffers],
  recorded: null,
  received: null,
  knownIn: null,
  open: true,
  inquiry: null,
};
const stray: DeskItem = {
  ...quarantined,
  item: 'stray.2026-11.auth.1.1.9',
  kind: 'stray',
  line: null,
  slot: null,
  reasons: [],
};
const contradiction = (recorded: string, received: string): DeskItem => ({
  ...quarantined,
  item: `contradiction.2026-11.1.0.${received}.none.0901`,
  kind: 'contradiction',
  reasons: [],
  recorded,
  received,
});

describe('the name of an item', () => {
  test('is read back, whatever the order number holds', () => {
    expect(parseDeskItem('line.2026-11.retry.12.304')).toEqual({
      source: 'line',
      exchange: { billingMonth: '2026-11', kind: 'retry', number: 12 },
      line: 304,
    });
    expect(parseDeskItem('stray.2026-11.capture.1.2.7')).toMatchObject({ round: 2, resultLine: 7 });
    expect(
      parseDeskItem('contradiction.2026-11.2.1.captured.2026-12-capture-3.A.1-none.0'),
    ).toEqual({
      source: 'contradiction',
      month: '2026-11',
      n: 2,
      k: 1,
      received: 'captured',
      exchange: { billingMonth: '2026-12', kind: 'capture', number: 3 },
      orderNumber: 'A.1-none.0',
    });
    expect(parseDeskItem('contradiction.2026-11.1.0.ok.none.0901')).toMatchObject({
      exchange: null,
      orderNumber: '0901',
    });
    for (const other of [
      '',
      'line',
      'line.2026-11.auth.1',
      'line.2026-11.other.1.2',
      ' line.2026-11.auth.1.2',
    ]) {
      expect(parseDeskItem(other)).toBeNull();
    }
  });
});

describe('what is suggested', () => {
  test('says the effect in yen, and warns of an amount that came back different', () => {
    const [ok, declined, inquire] = suggestActions(quarantined);
    expect(ok).toMatchObject({ action: 'ok', effectYen: 7988 });
    expect(ok?.effect).toContain('+7,988 円が売上の対象');
    expect(ok?.effect).toContain('結果の金額は 7898');
    expect(declined).toMatchObject({ action: 'declined', effectYen: 0 });
    expect(inquire).toMatchObject({ action: 'inquire', effectYen: 0 });
  });

  test('of a capture speaks of captures', () => {
    const actions = suggestActions({ ...quarantined, slot: 'capture' });
    expect(actions.map(({ action }) => action)).toEqual(['captured', 'refused', 'inquire']);
  });

  test('is to wait where the result may still come', () => {
    for (const kind of ['missing', 'unknown'] as const) {
      expect(allowedActions({ ...quarantined, kind })[0]).toBe('inquire');
    }
  });

  test('of a stray depends on whether the order is known elsewhere', () => {
    expect(allowedActions(stray)).toEqual(['inquire', 'acknowledge']);
    expect(adviseItem(stray)).toContain('身に覚えのない請求');
    const elsewhere = { ...stray, knownIn: [{ ...exchange, number: 2 }] };
    expect(allowedActions(elsewhere)[0]).toBe('other_file');
    expect(adviseItem(elsewhere)).toContain('2026-11 の auth-2');
    expect(adviseItem({ ...stray, knownIn: [] })).toContain('どのファイルでも送信していません');
  });

  test('of a contradiction offers "voided at the PSP" only where the PSP has billed', () => {
    expect(allowedActions(contradiction('declined', 'ok'))).toContain('voided_at_psp');
    expect(allowedActions(contradiction('ok', 'declined'))).toEqual(['record_holds', 'inquire']);
  });

  test('of an OK under another 決済ID says which of the two is to be voided', () => {
    const twice = contradiction('ok', 'ok');
    expect(adviseItem(twice)).toContain('記録と異なる決済IDの 1 件を取り消して');
    expect(describeDifference(twice)).toBe(
      '記録は「オーソリOK」、届いた結果は「オーソリOK(別の決済ID)」です',
    );
    const [voided] = suggestActions(twice);
    expect(voided?.effect).toContain('記録の決済IDで請求を続けます');
  });
});

describe('fields side by side', () => {
  test('repeat what was sent only where the row could be read', () => {
    expect(compareFields(quarantined).map(({ returned, differs }) => [returned, differs])).toEqual([
      ['0901', false],
      ['7898', true],
      ['11', false],
      ['0801', false],
    ]);
    const missing = { ...amountDiffers, code: 'missing_from_result', nameJa: '注文番号' };
    const fields = compareFields({ ...quarantined, reasons: [{ ...missing, returned: null }] });
    expect(fields.every(({ returned }) => returned === null)).toBe(true);
  });

  test('add the fields that were not sent', () => {
    const code = { ...amountDiffers, nameJa: '処理結果', sent: null, returned: '7' };
    expect(compareFields({ ...quarantined, reasons: [code] }).at(-1)).toEqual({
      nameJa: '処理結果',
      sent: null,
      returned: '7',
      differs: true,
    });
  });
});

describe('decisions', () => {
  const found = new Map([
    [quarantined.item, quarantined],
    [stray.item, { ...stray, open: false }],
  ]);
  const choose = (item: string, action: 'ok' | 'captured' | 'acknowledge') => ({
    item,
    action,
    reason: '確認済み',
  });
  const earlier = new Map([
    [stray.item, { action: 'acknowledge', actor: '山田', decidedAt: '2026-11-20T01:00:00.000Z' }],
  ]);

  test('are refused each with its reason: unfit, doubled, unknown, settled by whom', () => {
    const { accepted, refused } = judgeChoices(
      [
        choose(quarantined.item, 'ok'),
        choose(quarantined.item, 'ok'),
        choose(stray.item, 'acknowledge'),
        choose('line.2026-11.auth.1.99', 'ok'),
      ],
      found,
      earlier,
    );
    expect(accepted.map(({ choice }) => choice.item)).toEqual([quarantined.item]);
    expect(refused.map(({ at, ja }) => [at, ja])).toEqual([
      [1, '同じ項目が2回指定されています'],
      [2, '山田 が「記録して無視」と判断済みです'],
      [3, expect.stringContaining('要確認の項目にありません')],
    ]);
    const unfit = judgeChoices([choose(quarantined.item, 'captured')], found, earlier);
    expect(describeRefused(unfit.refused)).toContain('「売上済」は選べません');
  });

  test('a long list of refused rows is counted, not written out', () => {
    const refused = Array.from({ length: 25 }, (_, at) => ({
      at,
      item: `項目${at}`,
      ja: '確定済み',
    }));
    expect(describeRefused(refused)).toContain('ほか 5 件');
  });

  test('are summed by action', () => {
    const item = quarantined;
    const totals = sumDecisions([
      { choice: choose(item.item, 'ok'), item },
      { choice: choose(stray.item, 'acknowledge'), item: { ...stray, amountYen: null } },
    ]);
    expect(totals).toMatchObject({ rows: 2, yen: 7988, effectYen: 7988 });
    expect(totals.byAction.map(({ action, rows, yen }) => [action, rows, yen])).toEqual([
      ['ok', 1, 7988],
      ['acknowledge', 1, 0],
    ]);
  });
});
