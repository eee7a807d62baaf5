import { describe, expect, it } from 'vitest';
import { readAlertRules, readExpressions, usedMetrics } from '../monitoring.ts';
import { readText } from './checkout.ts';
import { headingSlugs } from './markdown.ts';

const rules = readAlertRules();
const runbook = readText('docs/runbook.md');

describe('alerts', () => {
  it('each tells people in Japanese what happened, and the runbook what to do', () => {
    const slugs = headingSlugs(runbook);
    for (const { alert, labels, annotations } of rules) {
      expect(annotations.summary, alert).toMatch(/[ぁ-ん].*。$/);
      expect(annotations.runbook, alert).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
      expect(slugs, alert).toContain(alert.toLowerCase());
      expect(['warning', 'critical'], alert).toContain(labels.severity);
    }
  });

  it('the runbook has no alert that is not there', () => {
    const headings = [...runbook.matchAll(/^## (Tsukigime\w+)$/gm)].map(([, name]) => name);
    expect(headings.length).toBeGreaterThan(20);
    expect(headings.sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });

  it('name each merchant once, however many processes of the API tell of the record', () => {
    const ofRecord = usedMetrics('tsukigime_').filter((name) => !name.startsWith('tsukigime_api_'));
    for (const expr of readExpressions()) {
      const read = ofRecord.filter((name) => new RegExp(`\\b${name}\\b`).test(expr));
      if (read.length > 0) expect(expr).toMatch(/\b(?:max|min)\b/);
    }
  });
});

it('what Prometheus is asked is well formed', () => {
  for (const expr of readExpressions()) {
    const plain = expr.replace(/"[^"]*"/g, '""');
    const open: string[] = [];
    for (const [bracket] of plain.matchAll(/[()[\]{}]/g)) {
      const pair = { ')': '(', ']': '[', '}': '{' }[bracket];
      if (pair === undefined) open.push(bracket);
      else expect(open.pop(), expr).toBe(pair);
    }
    expect(open, expr).toEqual([]);
  }
});
