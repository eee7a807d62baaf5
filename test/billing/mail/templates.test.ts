import { describe, expect, test } from 'vitest';
import { composeMailBody } from '../../../billing/mail/compose.ts';
import { MAIL_TRIES, nextMailTry } from '../../../billing/mail/mail-retry.ts';
import { minuteBefore, planSends } from '../../../billing/mail/mail-throttle.ts';
import {
  isMailTemplate,
  type MailTemplate,
  mailTemplates,
  writeMail,
} from '../../../billing/mail/templates.ts';
import { templateSamples as samples } from './template-samples.ts';

describe('mails to operators', () => {
  test.each(Object.entries(samples))('%s says what happened and what to do', (name, parameters) => {
    const words = writeMail(name as MailTemplate, parameters);
    expect(words.subject).toMatch(/^[^\r\n]{5,80}$/);
    expect(words.text).toMatch(/。$/);
  });

  test('read as in test/fixtures/mail/operator-mails.txt', async () => {
    const pages = Object.entries(samples).map(([name, parameters]) => {
      const { subject, text, link } = writeMail(name as MailTemplate, parameters);
      return [`== ${name}`, `件名: ${subject}`, `画面: ${link}`, '', text, ''].join('\n');
    });
    await expect(pages.join('\n')).toMatchFileSnapshot('../../fixtures/mail/operator-mails.txt');
  });

  test('take no parameter that the template does not name', () => {
    const parameters = { ...samples.attention, customerName: '月見 花子' };
    expect(() => writeMail('attention', parameters)).toThrow();
    expect(() => writeMail('deadline_near', { month: '2026-11' })).toThrow();
  });

  test('are known by name', () => {
    expect(Object.keys(mailTemplates).every(isMailTemplate)).toBe(true);
    expect(isMailTemplate('toString')).toBe(false);
  });

  test('lead to the console where its address is known', () => {
    const words = writeMail('attention', samples.attention);
    const from = { merchantName: '月見商店', merchantSlug: 'tsukimi' };
    const body = composeMailBody(words, { ...from, consoleUrl: 'https://console.example.jp' });
    expect(body).toContain('https://console.example.jp/merchants/tsukimi/cycles/2026-11');
    expect(composeMailBody(words, { ...from, consoleUrl: null })).not.toContain('http');
  });
});

test('a mail that did not leave is tried ever more seldom, for some days, and then no more', () => {
  let now = '2026-11-22T00:00:00.000Z';
  const pausesMs: number[] = [];
  for (let n = 1; n < MAIL_TRIES; n += 1) {
    const next = nextMailTry(n, now);
    if (next === null) throw new Error('tried too seldom');
    pausesMs.push(Date.parse(next) - Date.parse(now));
    now = next;
  }
  expect(nextMailTry(MAIL_TRIES, now)).toBeNull();
  expect([...pausesMs].sort((a, b) => a - b)).toEqual(pausesMs);
  const days = pausesMs.reduce((sum, pause) => sum + pause, 0) / 86_400_000;
  expect(days).toBeGreaterThan(2);
  expect(days).toBeLessThan(4);
});

test('no minute sees more mails than allowed', () => {
  const now = '2026-11-22T00:01:00.000Z';
  expect(planSends([], 2, now)).toEqual({ allowed: 2, allowedAt: now });
  const [late, early] = ['2026-11-22T00:00:50.000Z', '2026-11-22T00:00:10.000Z'];
  expect(planSends([late], 2, now)).toEqual({ allowed: 1, allowedAt: now });
  expect(planSends([late, early], 2, now)).toEqual({
    allowed: 0,
    allowedAt: '2026-11-22T00:01:10.000Z',
  });
  expect(minuteBefore(now)).toBe('2026-11-22T00:00:00.000Z');
});
