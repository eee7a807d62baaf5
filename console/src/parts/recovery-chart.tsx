import { BarChart } from '@mantine/charts';
import '@mantine/charts/styles.css';
import { formatYen } from '../../../billing/money.ts';
import { NG_RECOVERIES } from '../../../billing/ng-case.ts';
import type { NgReport } from '../pages/ng-report.tsx';
import { useNgRecoveryWords } from '../words/ng-words.ts';

const colors = ['indigo.7', 'cyan.7', 'teal.7', 'lime.8', 'orange.7', 'gray.6'] as const;

/** Yen recovered a day, by what brought them; the tables of the page say the same in words. */
export function RecoveryChart({ recovered }: { readonly recovered: NgReport['recovered'] }) {
  const means = useNgRecoveryWords();
  const days = [...new Set(recovered.map(({ on }) => on))].sort();
  const data = days.map((on) => ({
    on,
    ...Object.fromEntries(recovered.filter((one) => one.on === on).map(({ by, yen }) => [by, yen])),
  }));
  return (
    <div aria-hidden>
      <BarChart
        h={260}
        data={data}
        dataKey="on"
        type="stacked"
        withLegend
        maxBarWidth={48}
        valueFormatter={formatYen}
        yAxisProps={{ width: 90 }}
        series={NG_RECOVERIES.map((name, index) => ({
          name,
          label: means(name),
          color: colors[index] ?? 'gray.6',
        }))}
      />
    </div>
  );
}
