import { Anchor, Card, Group, Stack, Table, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { businessDateOf } from '../../../billing/business-date.ts';
import type { MigrationStage } from '../../../billing/card-migration.ts';
import type { RefreshStage } from '../../../billing/card-refresh.ts';
import { useRead, useReads } from '../api.ts';
import { attentionTasks } from '../attention-tasks.ts';
import { defineWords } from '../language.ts';
import { useOpenReasons } from '../open-reasons.ts';
import { Count, Yen } from '../parts/figures.tsx';
import { Empty, Loaded, Unread } from '../parts/loaded.tsx';
import { MonthSteps } from '../parts/month-steps.tsx';
import { NextStepButton } from '../parts/next-step-button.tsx';
import { SumsFollow } from '../parts/open-rows.tsx';
import { Page } from '../parts/page.tsx';
import { CycleStageBadge } from '../parts/stage-badge.tsx';
import { StartCycle } from '../parts/start-cycle.tsx';
import { useMerchant } from '../places.ts';
import { useSession } from '../session.tsx';
import { listTasks, type Task } from '../tasks.ts';
import { useOpenReasonLabels } from '../words/api-labels.ts';
import { useMigrationStageWords, useRefreshStageWords } from '../words/card-words.ts';

const useWords = defineWords('this-month', {
  ja: {
    title: '今月',
    tasks: '対応が必要なこと',
    noTasks: '今、人の対応が必要なことはありません。',
    noMonths: '請求中の月はありません。月を始めると、ここに進み具合が表示されます。',
    month: '{{month}} 分',
    what: '内容',
    due: '期限',
    rows: '件数',
    yen: '金額',
    trouble: '処理が止まっています',
    approval: '請求の承認',
    hand_over: 'アップロードと受付番号の記録: {{name}}',
    clarify: '送信できたかの確認: {{name}}',
    result: '結果ファイルの取り込み: {{name}}',
    deadline: 'オーソリの期限切れ前に売上処理',
    refresh: '洗替の確認',
    override: 'カード利用停止 {{name}} の解除申請への回答',
    override_asked: 'カード利用停止 {{name}} の解除申請(別の承認者を待っています)',
    migration: 'カードの移行 {{name}}',
    migration_late: 'カードの移行 {{name}}: 返却ファイルが2週間届いていません',
    import_refused: '取り込めなかったファイル: {{name}}',
    import_held: '開始を待っている取り込み: {{name}}',
    send_errors: 'キャリア決済の送信エラー',
    mails: '送信できたか不明なメール',
    askedBy: '申請した人: {{name}}',
    open: '{{name}}',
  },
  en: {
    title: 'This month',
    tasks: 'What needs a person',
    noTasks: 'Nothing needs a person now.',
    noMonths: 'No month is open. Start one, and its progress shows here.',
    month: '{{month}}',
    what: 'What',
    due: 'Deadline',
    rows: 'Rows',
    yen: 'Amount',
    trouble: 'It stands still',
    approval: 'Approve the billing',
    hand_over: 'Upload and record the acceptance number: {{name}}',
    clarify: 'Find out whether it was sent: {{name}}',
    result: 'Bring the result file: {{name}}',
    deadline: 'Capture before the authorization expires',
    refresh: 'Look at the card refresh',
    override: 'Answer the request to override card lock {{name}}',
    override_asked: 'Override of card lock {{name}}: another approver answers',
    migration: 'Card migration {{name}}',
    migration_late: 'Card migration {{name}}: no returned file for two weeks',
    import_refused: 'File that could not be imported: {{name}}',
    import_held: 'Import that waits to be started: {{name}}',
    send_errors: 'Carrier payments: send errors',
    mails: 'Mails that may not have left',
    askedBy: 'Asked for by {{name}}',
    open: '{{name}}',
  },
});

/** Several open months are normal: an authorization lives for 60 days. */
const monthsShown = 6;
const everyMs = 5000;

function ThisMonthPage() {
  const words = useWords();
  const { merchant } = useMerchant();
  const cycles = useRead(
    'listCycles',
    { params: { merchant }, query: { open: true, limit: monthsShown } },
    { everyMs },
  );
  const { data: shop } = useRead('readMerchant', { params: { merchant } });
  const thisMonth = shop && businessDateOf(shop.businessNow).slice(0, 7);
  return (
    <Page
      title={words('title')}
      actions={thisMonth === undefined ? null : <StartCycle month={thisMonth} />}
    >
      <Loaded read={cycles}>
        {({ cycles: open }) => (
          <Stack gap="lg">
            <Tasks months={open.map(({ month }) => month)} />
            {open.length === 0 && <Empty>{words('noMonths')}</Empty>}
            {open.map(({ month }) => (
              <MonthCard key={month} month={month} />
            ))}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function MonthCard({ month }: { readonly month: string }) {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const cycle = useRead(
    'readCycle',
    { params: { merchant, month }, query: { sums: false } },
    { everyMs },
  );
  const files = useRead('listExchanges', { params: { merchant }, query: { month } }, { everyMs });
  return (
    <Card withBorder padding="lg" component="section" aria-label={month}>
      <Loaded read={cycle}>
        {(found) => (
          <Stack>
            <Group justify="space-between">
              <Group gap="sm">
                <Title order={2} size="h3">
                  <Anchor component={Link} to={place('cycles', month)} inherit>
                    {words('month', { month })}
                  </Anchor>
                </Title>
                <CycleStageBadge stage={found.stage} attention={found.attention} />
              </Group>
              {files.data && <NextStepButton cycle={found} exchanges={files.data.exchanges} />}
            </Group>
            <MonthSteps cycle={found} />
            <Text aria-live="polite">{found.waitsFor}</Text>
          </Stack>
        )}
      </Loaded>
    </Card>
  );
}

function Tasks({ months }: { readonly months: readonly string[] }) {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const inputs = months.map((month) => ({ params: { merchant, month }, query: { sums: false } }));
  const cycles = useReads('readCycle', inputs, { everyMs });
  const open = useOpenReasons(months);
  const files = useReads(
    'listExchanges',
    months.map((month) => ({ params: { merchant }, query: { month } })),
    { everyMs },
  );
  const attention = useRead('readAttention', { params: { merchant } }, { everyMs: 15_000 });
  const { person } = useSession();
  const deadlines = useRead('listDeadlines', { params: { merchant } }, { everyMs: 60_000 });
  const tasks = listTasks(
    months.flatMap((_, index) => {
      const [cycle, reasons, found] = [cycles[index], open[index]?.reasons, files[index]];
      if (!cycle?.data || !reasons || !found?.data) return [];
      return [{ cycle: cycle.data, reasons, exchanges: found.data.exchanges }];
    }),
    deadlines.data?.days ?? [],
    attention.data === undefined ? [] : attentionTasks(attention.data, person?.actor ?? ''),
  );
  const reads = [...cycles, ...open.flatMap((of) => of.reads), ...files, deadlines, attention];
  const pending = open.some((of) => of.pending);
  // Of what was not read nobody can say that it needs no one.
  const loaded = reads.every(({ data }) => data !== undefined) && !pending;
  return (
    <Card withBorder padding="lg" component="section" aria-labelledby="tasks">
      <Title order={2} size="h3" id="tasks" mb="sm">
        {words('tasks')}
      </Title>
      <Unread reads={reads} />
      {pending && <SumsFollow />}
      {tasks.length === 0 ? (
        loaded && <Empty>{words('noTasks')}</Empty>
      ) : (
        <Table.ScrollContainer minWidth={640}>
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{words('what')}</Table.Th>
                <Table.Th scope="col">{words('due')}</Table.Th>
                <Table.Th scope="col" className="figure">
                  {words('rows')}
                </Table.Th>
                <Table.Th scope="col" className="figure">
                  {words('yen')}
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {tasks.map((task) => (
                <TaskRow key={task.key} task={task} to={place(...task.steps)} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Card>
  );
}

function TaskRow({ task, to }: { readonly task: Task; readonly to: string }) {
  const words = useWords();
  const labels = useOpenReasonLabels();
  const name = task.reason === null ? task.name : labels(task.reason, task.name);
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} to={to}>
          {words(task.kind, { name })}
        </Anchor>
        <Text size="sm" c="dimmed">
          <TaskAdvice task={task} />
        </Text>
      </Table.Td>
      <Table.Td className="figure">{task.dueOn ?? '—'}</Table.Td>
      <Table.Td className="figure">
        {task.rows > 0 ? <Count count={task.rows} /> : '—'}
        {task.more && '+'}
      </Table.Td>
      <Table.Td className="figure">
        {task.yen > 0 || (task.rows > 0 && task.kind !== 'mails') ? <Yen amount={task.yen} /> : '—'}
      </Table.Td>
    </Table.Tr>
  );
}

/** Of which month, where it stands, and what to do in the API's words. */
function TaskAdvice({ task: { kind, month, stage, advice } }: { readonly task: Task }) {
  const words = useWords();
  const migrations = useMigrationStageWords();
  const refreshes = useRefreshStageWords();
  const asked = kind === 'override' || kind === 'override_asked';
  const said = asked && advice !== null ? words('askedBy', { name: advice }) : advice;
  const stands =
    stage === null
      ? null
      : kind === 'refresh'
        ? refreshes(stage as RefreshStage)
        : migrations(stage as MigrationStage);
  return [month, stands, said].filter((part) => part !== null && part !== '').join(' ');
}

export const route = { Component: ThisMonthPage };
