import { parse } from 'yaml';
import { readText } from './tidy/checkout.ts';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

/** The rules that are given to Prometheus. */
export function readAlertRules(): readonly AlertRule[] {
  const { groups } = parse(readText('docker/monitoring/alerts.yml')) as {
    groups: { rules: AlertRule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}

interface Panel {
  readonly targets?: readonly { readonly expr: string }[];
}

/** All that rules and dashboard ask Prometheus for. */
export function readExpressions(): string[] {
  const dashboard = readText('docker/monitoring/grafana-dashboard.json');
  const { panels } = JSON.parse(dashboard) as { panels: Panel[] };
  return [
    ...readAlertRules().map(({ expr }) => expr),
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ];
}

/** The metrics of a family, `tsukigime_` or `temporal_`, that rules and dashboard use. */
export function usedMetrics(prefix: string): string[] {
  const names = readExpressions().flatMap((expr) => expr.match(/[a-z]+(?:_[a-z0-9]+)+/g) ?? []);
  return [...new Set(names.filter((name) => name.startsWith(prefix)))].sort();
}

/** The metrics that a page of them has. */
export function servedMetrics(page: string): Set<string> {
  const types = [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? ['bucket', 'count', 'sum'].map((part) => `${name}_${part}`) : [name],
    ),
  );
}
