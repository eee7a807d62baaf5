import { Anchor, Badge, List, Table, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { defineWords } from '../language.ts';
import type { NgCaseAnswer } from '../pages/ng-case.tsx';
import { useMerchant } from '../places.ts';
import { useNgHistoryWords } from '../words/ng-words.ts';
import { Instant } from './figures.tsx';

const useWords = defineWords('ng-history-table', {
  ja: {
    history: '経過',
    at: '日時',
    what: '内容',
    who: '担当',
    planItself: '計画',
    reason: '理由: {{reason}}',
    following: 'この注文を直前回とする注文',
    maybe: '再注文かもしれません',
  },
  en: {
    history: 'History',
    at: 'At',
    what: 'What',
    who: 'Who',
    planItself: 'The plan',
    reason: 'Reason: {{reason}}',
    following: 'Orders that follow it',
    maybe: 'maybe the replacement',
  },
});

/** What was done and decided so far, and why. */
export function NgHistory({ steps }: { readonly steps: NgCaseAnswer['cases'][number]['steps'] }) {
  const words = useWords();
  const kinds = useNgHistoryWords();
  return (
    <section aria-label={words('history')}>
      <Title order={2} size="h4" mb="xs">
        {words('history')}
      </Title>
      <Table.ScrollContainer minWidth={600}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              {(['at', 'what', 'who'] as const).map((column) => (
                <Table.Th key={column} scope="col">
                  {words(column)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {steps.map((step) => (
              <Table.Tr key={`${step.takenAt} ${step.kind} ${step.attempt}`}>
                <Table.Td>
                  <Instant at={step.takenAt} />
                </Table.Td>
                <Table.Td>
                  <Text size="sm" fw={600}>
                    {kinds(step.kind)}
                  </Text>
                  <Text size="sm">{step.why}</Text>
                  {step.reason !== null && (
                    <Text size="sm" c="dimmed">
                      {words('reason', { reason: step.reason })}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>{step.actor === 'plan' ? words('planItself') : step.actor}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  );
}

export function FollowingOrders({ orders }: { readonly orders: NgCaseAnswer['followingOrders'] }) {
  const words = useWords();
  const { place } = useMerchant();
  if (orders.length === 0) return null;
  return (
    <section aria-label={words('following')}>
      <Title order={2} size="h4">
        {words('following')}
      </Title>
      <List size="sm">
        {orders.map(({ month, orderNumber, status, sameCount }) => (
          <List.Item key={`${month} ${orderNumber}`}>
            <Anchor
              component={Link}
              underline="always"
              to={place(
                `orders?month=${month}&orderNumberFrom=${orderNumber}&orderNumberTo=${orderNumber}`,
              )}
            >
              {month} {orderNumber}
            </Anchor>{' '}
            {status} {sameCount && <Badge variant="outline">{words('maybe')}</Badge>}
          </List.Item>
        ))}
      </List>
    </section>
  );
}
