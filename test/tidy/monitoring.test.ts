import { describe, expect, it } from 'vitest';
import { readAlertRules, readExpression, readExpressions, usedMetrics } from '../monitoring.ts';
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
    // The names of a variable's choices are no numbers.
    const numbers = readExpressions().filter((expr) => !ofRecord.includes(expr));
    for (const expr of numbers) {
      const read = ofRecord.filter((name) => new RegExp(`\\b${name}\\b`).test(expr));
      if (read.length > 0) expect(expr).toMatch(/\b(?:max|min)\b/);
    }
  });
});

describe('what Prometheus is asked', () => {
  it('is understood by its own grammar', () => {
    const broken = readExpressions().filter((expr) => readExpression(expr).errors.length > 0);
    expect(broken).toEqual([]);
    for (const typo of ['sum(rate(a_b[5m])', 'sum by stage (a_b)', 'a_b[5q]', 'raet(a_b[5m])']) {
      expect(readExpression(typo).errors, typo).not.toEqual([]);
    }
  });

  it('is of a family whose members are compared with what is served', () => {
    // test/api/metrics.test.ts compares `tsukigime_`, test/workers/main.test.ts `temporal_`.
    const strange = usedMetrics().filter((name) => !/^(?:tsukigime|temporal)_/.test(name));
    expect(strange).toEqual(['up']);
    expect(readExpression('rate(a_b{c="d_e"}[5m]) / on(f) g').metrics).toEqual(['a_b', 'g']);
  });
});
