import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { cagolabProfile } from '../../billing/order-profile.ts';

const defaults = merchantSettingsSchema.parse({});
const refused = (settings: unknown) => {
  const parsed = merchantSettingsSchema.safeParse(settings);
  return parsed.success ? [] : parsed.error.issues.map((issue) => issue.path.join('.'));
};

describe('merchant settings', () => {
  test('have the defaults of what exists so far', () => {
    expect(defaults).toMatchObject({
      orderIdentity: 'per-order',
      orderProfile: cagolabProfile,
      paygent: {
        merchantId: null,
        maxRecordsPerFile: 10_000,
        width: 15,
        exchangesAtOnce: 4,
        transport: 'portal',
      },
      capture: { policy: 'on-shipment', waveAt: '10:00', windowDays: 60 },
      operatorMail: { to: [], cc: [], from: null, perMinute: 60 },
      mailbox: null,
    });
  });

  test('know the days of a year and the times of a day', () => {
    for (const day of ['2-1', '00-01', '13-01', '02-30', '04-31', '12-32']) {
      expect(refused({ calendar: { closedDays: [day] } }), day).toEqual(['calendar.closedDays.0']);
    }
    expect(refused({ calendar: { closedDays: ['02-29', '08-15'] } })).toEqual([]);
    for (const at of ['24:00', '9:00', '09:60', '09:00:00']) {
      expect(refused({ schedule: { at } }), at).toEqual(['schedule.at']);
    }
    expect(refused({ schedule: { cycleDay: 0 } })).toEqual(['schedule.cycleDay']);
    expect(refused({ schedule: { cycleDay: 32 } })).toEqual(['schedule.cycleDay']);
  });

  test('are whole once read: kept as JSON and read again they are the same', () => {
    const settings = fc.record(
      {
        orderIdentity: fc.constantFrom('per-order', 'per-month'),
        paygent: fc.record(
          {
            merchantId: fc.option(fc.stringMatching(/^[0-9A-Za-z_-]{1,20}$/)),
            maxRecordsPerFile: fc.integer({ min: 1, max: 100_000 }),
            width: fc.integer({ min: 14, max: 26 }),
          },
          { requiredKeys: [] },
        ),
        capture: fc.record(
          {
            policy: fc.constantFrom('immediate', 'on-shipment', 'manual'),
            windowDays: fc.integer({ min: 1, max: 60 }),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(settings, (given) => {
        const read = merchantSettingsSchema.parse(given);
        expect(read).toMatchObject(given);
        expect(merchantSettingsSchema.parse(JSON.parse(JSON.stringify(read)))).toEqual(read);
      }),
    );
  });

  test.each([
    ['a key that nobody knows', { captrue: {} }, ''],
    ['one further down', { capture: { windowdays: 30 } }, 'capture'],
    ['more days than Paygent gives', { capture: { windowDays: 61 } }, 'capture.windowDays'],
    ['no day at all', { capture: { windowDays: 0 } }, 'capture.windowDays'],
    ['a policy that does not exist', { capture: { policy: 'whenever' } }, 'capture.policy'],
    ['a policy without its date', { capture: { policy: 'on-date' } }, 'capture.onDate'],
    [
      'a date that leaves no time before the end of the window',
      {
        capture: {
          policy: 'on-date',
          onDate: { count: 'days-after-authorization', days: 49 },
        },
      },
      'capture.onDate',
    ],
    ['half a record', { paygent: { maxRecordsPerFile: 0.5 } }, 'paygent.maxRecordsPerFile'],
    [
      'an export without its month where numbers repeat every month',
      {
        orderIdentity: 'per-month',
        orderSource: { kind: 'directory', path: 'shop', pattern: 'orders.csv' },
      },
      'orderSource',
    ],
    [
      'a comma that would break the header',
      { paygent: { merchantId: '1,020' } },
      'paygent.merchantId',
    ],
    ['a transport without its connection', { paygent: { transport: 'sftp' } }, 'paygent.sftp'],
    [
      'telegrams without their connection',
      { paygent: { transport: 'telegram' } },
      'paygent.telegram',
    ],
    [
      'a column of no name',
      { orderProfile: withColumn('') },
      'orderProfile.columns.amountYen.name',
    ],
    [
      'two fields from one column',
      { orderProfile: withColumn('注文番号') },
      'orderProfile.columns',
    ],
    [
      'a status that is billed and excluded',
      { orderProfile: { ...cagolabProfile, billedStatuses: ['キャンセル'] } },
      'orderProfile.billedStatuses',
    ],
    [
      'a status with white space, which no row would match',
      { orderProfile: { ...cagolabProfile, billedStatuses: ['新規 受付'] } },
      'orderProfile.billedStatuses.0',
    ],
  ])('refuse %s', (_what, settings, path) => {
    expect(refused(settings)).toEqual([path]);
  });
});

function withColumn(name: string) {
  const amountYen = { name, required: true, certainty: 'assumed' };
  return { ...cagolabProfile, columns: { ...cagolabProfile.columns, amountYen } };
}
