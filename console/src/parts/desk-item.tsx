import { Alert, Button, Group, Stack, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { ColumnHeads } from './column-heads.tsx';
import { DeskDecision } from './desk-decision.tsx';
import { Instant, Yen } from './figures.tsx';
import { Loaded } from './loaded.tsx';

const useWords = defineWords('desk-item', {
  ja: {
    field: '項目',
    sent: '送信',
    returned: '結果',
    fields: '項目ごとの比較',
    raw: '元の行',
    rounds: 'これまでの結果ファイル',
    decide: '判断する',
    decided: '{{actor}} が「{{action}}」と判断済み',
    settled: '確定済みです',
    differs: '相違',
  },
  en: {
    field: 'Field',
    sent: 'Sent',
    returned: 'Returned',
    fields: 'Field by field',
    raw: 'Raw lines',
    rounds: 'What each result file said',
    decide: 'Decide',
    decided: '{{actor}} decided “{{action}}”',
    settled: 'It is settled',
    differs: 'differs',
  },
});

type Item = NonNullable<Read<'readDeskItem'>['data']>;

/** One item: what was sent, what came back, what may be decided and what that does to the money. */
export function DeskItem({ item, onDone }: { readonly item: string; readonly onDone: () => void }) {
  const { merchant } = useMerchant();
  const read = useRead('readDeskItem', { params: { merchant, item } });
  return (
    <Loaded read={read}>{(found) => <ItemBody key={item} item={found} onDone={onDone} />}</Loaded>
  );
}

function ItemBody({ item, onDone }: { readonly item: Item; readonly onDone: () => void }) {
  const words = useWords();
  const [deciding, setDeciding] = useState(false);
  return (
    <Stack>
      <Group justify="space-between">
        <Stack gap={0}>
          <Title order={3} size="h4">
            {item.kindName} {item.orderNumber ?? ''}
          </Title>
          {item.amountYen !== null && <Yen amount={item.amountYen} />}
        </Stack>
        {item.open && <Button onClick={() => setDeciding(true)}>{words('decide')}</Button>}
      </Group>
      <Text>{item.difference}</Text>
      {item.open ? (
        <Alert variant="outline">{item.advice}</Alert>
      ) : (
        <Alert color="teal" variant="outline">
          {item.decision === null
            ? words('settled')
            : words('decided', { actor: item.decision.actor, action: item.decision.action })}
        </Alert>
      )}
      {item.fields.length > 0 && <FieldTable fields={item.fields} />}
      {(item.sentLine !== null || item.resultLines.length > 0) && (
        <Stack gap={4}>
          <Text fw={600}>{words('raw')}</Text>
          {item.sentLine !== null && <div className="raw-line">{item.sentLine}</div>}
          {item.resultLines.map(({ line, text }) => (
            <div key={line} className="raw-line">
              {line}: {text}
            </div>
          ))}
        </Stack>
      )}
      {item.rounds.length > 0 && (
        <Stack gap={4}>
          <Text fw={600}>{words('rounds')}</Text>
          {item.rounds.map((round) => (
            <Text key={round.round} size="sm">
              {round.round}. <Instant at={round.ingestedAt} /> {round.fileName}: {round.difference}
            </Text>
          ))}
        </Stack>
      )}
      <DeskDecision
        items={[item]}
        opened={deciding}
        onClose={() => setDeciding(false)}
        onDone={onDone}
      />
    </Stack>
  );
}

function FieldTable({ fields }: { readonly fields: Item['fields'] }) {
  const words = useWords();
  return (
    <Table withTableBorder aria-label={words('fields')}>
      <Table.Thead>
        <Table.Tr>
          <ColumnHeads columns={['field', 'sent', 'returned']} words={words} />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {fields.map((field) => (
          <Table.Tr key={field.nameJa}>
            <Table.Th scope="row">{field.nameJa}</Table.Th>
            <Table.Td>{field.sent ?? '—'}</Table.Td>
            <Table.Td className={field.differs ? 'cell-differs' : ''}>
              {field.returned ?? '—'}
              {field.differs && ` (${words('differs')})`}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
