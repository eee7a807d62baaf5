import { Anchor, Card, Group, List, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { CustomerLink } from '../parts/customer-link.tsx';
import { Instant, Yen } from '../parts/figures.tsx';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { NgActs } from '../parts/ng-acts.tsx';
import { FollowingOrders, NgHistory } from '../parts/ng-history.tsx';
import { NgMails } from '../parts/ng-mails.tsx';
import { NgStepBadge } from '../parts/ng-table.tsx';
import { Page } from '../parts/page.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useChargeStateWords } from '../words/billing-words.ts';
import {
  useDeclineWords,
  useNgOutcomeWords,
  useNgRecoveryWords,
  useNgStepWords,
} from '../words/ng-words.ts';
import { ngDeskWorkflow } from '../workflow-names.ts';

const useWords = defineWords('ng-case', {
  ja: {
    title: '注文 {{order}} のNG対応',
    list: 'NG 対応',
    next: '次の対応',
    due: '期日: ',
    waits: '期日はありません。担当者の判断か、結果を待っています。',
    plan: 'その後の計画',
    noPlan: 'その後の計画はありません。',
    ended: '完了しました: ',
    by: '回収の方法: ',
    customer: '顧客番号',
    amount: '金額',
    class: '分類',
    charge: '請求の状態',
    opened: 'NG発生',
    retries: '再オーソリ',
    times: '{{n}} 回',
    limit: '限度額',
    daily: '1日',
    monthly: '月',
    to: '繰越先',
    from: '繰越元',
    none: 'この注文のNG案件はありません。',
    episode: '{{n}} 回目のNG案件',
  },
  en: {
    title: 'Declined order {{order}}',
    list: 'Declines',
    next: 'Next step',
    due: 'Due: ',
    waits: 'Nothing is due: it waits for a person or a result.',
    plan: 'The plan after that',
    noPlan: 'Nothing is planned after that.',
    ended: 'Closed: ',
    by: 'Recovered by: ',
    customer: 'Customer',
    amount: 'Amount',
    class: 'Class',
    charge: 'Charge',
    opened: 'Declined',
    retries: 'Retries',
    times: '{{n}}',
    limit: 'Limit',
    daily: 'Daily',
    monthly: 'Monthly',
    to: 'Carried over to',
    from: 'Carried over from',
    none: 'This order has no case.',
    episode: 'Case {{n}}',
  },
});

export type NgCaseAnswer = NonNullable<Read<'readNgCase'>['data']>;
type Detail = NgCaseAnswer['cases'][number];

function NgCasePage() {
  const words = useWords();
  const { month = '', order = '' } = useParams();
  const { merchant, place } = useMerchant();
  const may = useMay('operator');
  const params = { merchant, month, order };
  const read = useRead('readNgCase', { params }, { everyMs: 5000 });
  return (
    <Page
      title={words('title', { order })}
      above={[{ to: place(`ng-cases?month=${month}`), title: words('list') }]}
      actions={<WorkflowLink workflowId={ngDeskWorkflow(merchant)} />}
    >
      <Loaded read={read}>
        {({ cases, followingOrders }) => (
          <Stack>
            {cases.length === 0 && <Empty>{words('none')}</Empty>}
            {cases.map((one, index) => (
              <Stack key={one.openedAt}>
                {cases.length > 1 && (
                  <Title order={2} size="h3">
                    {words('episode', { n: cases.length - index })}
                  </Title>
                )}
                <SimpleGrid cols={{ base: 1, md: 2 }}>
                  <Plan one={one}>{may && one.closedAt === null && <NgActs cases={[one]} />}</Plan>
                  <Facts one={one} />
                </SimpleGrid>
                <NgMails params={params} mails={one.mails} open={one.closedAt === null} />
                <NgHistory steps={one.steps} />
              </Stack>
            ))}
            <FollowingOrders orders={followingOrders} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

/** What comes, in sentences, and what can be done about it. */
function Plan({ one, children }: { readonly one: Detail; readonly children: ReactNode }) {
  const words = useWords();
  const steps = useNgStepWords();
  const outcomes = useNgOutcomeWords();
  const recoveries = useNgRecoveryWords();
  return (
    <Card withBorder padding="lg" component="section" aria-label={words('next')}>
      <Stack gap="sm">
        <Group>
          <Title order={2} size="h4">
            {words('next')}
          </Title>
          <NgStepBadge one={one} />
        </Group>
        <Text>{one.why}</Text>
        {one.closedAt === null ? (
          <Text>
            {one.dueAt === null ? words('waits') : words('due')}
            {one.dueAt !== null && <Instant at={one.dueAt} />}
          </Text>
        ) : (
          <Text>
            {words('ended')}
            {one.outcome !== null && outcomes(one.outcome)} <Instant at={one.closedAt} />
            {one.recoveredBy !== null && ` ${words('by')}${recoveries(one.recoveredBy)}`}
          </Text>
        )}
        {children}
        {one.closedAt === null && (
          <>
            <Title order={3} size="h5">
              {words('plan')}
            </Title>
            {one.plan.length === 0 && <Text size="sm">{words('noPlan')}</Text>}
            <List type="ordered" size="sm" spacing="xs">
              {one.plan.map(({ step, dueAt, why }) => (
                <List.Item key={`${step} ${dueAt} ${why}`}>
                  <Text size="sm" fw={600}>
                    {steps(step)} {dueAt !== null && <Instant at={dueAt} />}
                  </Text>
                  <Text size="sm">{why}</Text>
                </List.Item>
              ))}
            </List>
          </>
        )}
      </Stack>
    </Card>
  );
}

function Facts({ one }: { readonly one: Detail }) {
  const words = useWords();
  const classes = useDeclineWords();
  const states = useChargeStateWords();
  const { place } = useMerchant();
  const link = (to: { readonly month: string; readonly orderNumber: string }) => (
    <Anchor component={Link} to={place('ng-cases', to.month, to.orderNumber)}>
      {to.month} {to.orderNumber}
    </Anchor>
  );
  const rows: readonly (readonly [Parameters<typeof words>[0], ReactNode])[] = [
    ['customer', <CustomerLink key="customer" customerNumber={one.customerNumber} />],
    ['amount', <Yen key="yen" amount={one.amountYen} />],
    ['class', `${classes(one.class)}${one.code === null ? '' : ` (${one.code})`}`],
    ['charge', states(one.chargeState)],
    ['opened', <Instant key="opened" at={one.openedAt} />],
    ['retries', words('times', { n: one.retries })],
    ...(one.limitKind === null ? [] : [['limit', words(one.limitKind)] as const]),
    ...(one.carriedTo === null ? [] : [['to', link(one.carriedTo)] as const]),
    ...one.carriedFrom.map((from) => ['from', link(from)] as const),
  ];
  return (
    <Card withBorder padding="lg">
      <Table variant="vertical" withRowBorders={false}>
        <Table.Tbody>
          {rows.map(([name, value], index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the rows never move.
            <Table.Tr key={index}>
              <Table.Th w={140} scope="row">
                {words(name)}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

export const route = { Component: NgCasePage };
