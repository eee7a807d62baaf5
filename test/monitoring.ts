import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { listFiles, readText } from './tidy/checkout.ts';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

/** The rules that are given to Prometheus. */
export function readAlertRules(): readonly AlertRule[] {
  return listFiles()
    .filter((path) => /^docker\/monitoring\/.*\.yml$/.test(path))
    .flatMap((path) => {
      const { groups = [] } = parse(readText(path)) as { groups?: { rules: AlertRule[] }[] };
      return groups.flatMap(({ rules }) => rules);
    });
}

interface Dashboard {
  readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly query: unknown }[] };
}

/** All that rules and dashboard ask Prometheus for. */
export function readExpressions(): string[] {
  const { panels, templating } = JSON.parse(
    readText('docker/monitoring/grafana-dashboard.json'),
  ) as Dashboard;
  return [
    ...readAlertRules().map(({ expr }) => expr),
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...templating.list.flatMap(({ query }) => readVariable(query)),
  ];
}

/** `label_values(metric, label)` is Grafana's own: what Prometheus is asked for is the metric. */
function readVariable(query: unknown): string[] {
  const text = (query as { readonly query?: string } | null)?.query;
  return /^label_values\((.*), \w+\)$/.exec(text ?? '')?.slice(1) ?? [];
}

export interface ReadExpression {
  /** Series that are asked for, each once. */
  readonly metrics: readonly string[];
  /** Positions at which Prometheus's own grammar stops understanding. */
  readonly errors: readonly number[];
}

/** Reads an expression by the grammar that Prometheus's own editor uses. */
export function readExpression(expr: string): ReadExpression {
  const metrics = new Set<string>();
  const errors: number[] = [];
  parser.parse(expr).iterate({
    enter({ type, name, from, to }) {
      if (type.isError) errors.push(from);
      // Labels and functions have names of their own in the grammar.
      if (name === 'Identifier') metrics.add(expr.slice(from, to));
    },
  });
  return { metrics: [...metrics], errors };
}

/** The metrics of a family, `tsukigime_` or `temporal_`, that rules and dashboard use. */
export function usedMetrics(prefix = ''): string[] {
  const names = readExpressions().flatMap((expr) => readExpression(expr).metrics);
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
