import { ActionIcon, Alert, Button, Group, Select, Table, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { FormatError } from '../../../billing/exchange.ts';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import type { ExchangeParams } from '../pages/exchange.tsx';
import { useMay } from '../session.tsx';
import { ActDialog } from './act-dialog.tsx';
import { ColumnHeads } from './column-heads.tsx';

const useWords = defineWords('format-errors', {
  ja: {
    open: '書式エラーが表示された',
    title: '画面に表示された書式エラーを記録する',
    text: '書式エラーのファイルでは、誰にも請求されていません。',
    part: '部分',
    header: 'ヘッダー',
    data: 'データ',
    trailer: 'トレーラー',
    line: '行',
    item: '項目',
    content: '内容',
    add: '行を追加する',
    remove: 'この行を消す',
    record: '記録する',
    recorded: '記録された書式エラー({{n}} 件)',
  },
  en: {
    open: 'It showed format errors',
    title: 'Record the format errors that the screen shows',
    text: 'A file with format errors bills nobody.',
    part: 'Part',
    header: 'Header',
    data: 'Data',
    trailer: 'Trailer',
    line: 'Line',
    item: 'Item',
    content: 'Content',
    add: 'Add a row',
    remove: 'Remove this row',
    record: 'Record',
    recorded: 'Recorded format errors ({{n}})',
  },
});

type Draft = FormatError & { readonly id: number };
const emptyError = (id: number): Draft => ({
  id,
  part: 'header',
  line: null,
  item: '',
  content: '',
});

/** What the portal's screen says instead of a number, row by row as it stands there. */
export function RecordFormatErrors({ params }: { readonly params: ExchangeParams }) {
  const words = useWords();
  const may = useMay('operator');
  const [opened, setOpened] = useState(false);
  const [errors, setErrors] = useState<readonly Draft[]>([emptyError(1)]);
  const record = useAct('recordFormatErrors');
  const complete = errors.every(({ content }) => content.trim() !== '');
  const change = (id: number, part: Partial<FormatError>) =>
    setErrors(errors.map((error) => (error.id === id ? { ...error, ...part } : error)));
  return (
    <>
      <Button variant="default" disabled={!may} onClick={() => setOpened(true)}>
        {words('open')}
      </Button>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={words('title')}
        confirm={words('record')}
        reason="none"
        acting={record.acting}
        problem={record.problem}
        disabled={!complete || errors.length === 0}
        onConfirm={async () => {
          const body = { errors: errors.map(({ id: _, ...error }) => error) };
          const done = await record.act({ params, body });
          if (done !== null) setOpened(false);
        }}
      >
        <Alert variant="outline">{words('text')}</Alert>
        {errors.map((error) => (
          <ErrorRow
            key={error.id}
            error={error}
            onChange={(part) => change(error.id, part)}
            onRemove={() => setErrors(errors.filter(({ id }) => id !== error.id))}
          />
        ))}
        <Button
          variant="default"
          size="xs"
          w="fit-content"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => setErrors([...errors, emptyError((errors.at(-1)?.id ?? 0) + 1)])}
        >
          {words('add')}
        </Button>
      </ActDialog>
    </>
  );
}

/** A line is a whole number from 1; anything else is none. */
function readLine(text: string): number | null {
  const line = Number(text.replace(/\D/g, ''));
  return line > 0 ? line : null;
}

function ErrorRow({
  error,
  onChange,
  onRemove,
}: {
  readonly error: Draft;
  readonly onChange: (part: Partial<FormatError>) => void;
  readonly onRemove: () => void;
}) {
  const words = useWords();
  return (
    <Group align="flex-end" wrap="nowrap" gap="xs">
      <Select
        label={words('part')}
        w={120}
        value={error.part}
        allowDeselect={false}
        data={(['header', 'data', 'trailer'] as const).map((value) => ({
          value,
          label: words(value),
        }))}
        onChange={(value) => onChange({ part: (value ?? 'header') as FormatError['part'] })}
      />
      <TextInput
        label={words('line')}
        w={80}
        inputMode="numeric"
        value={error.line ?? ''}
        onChange={(event) => onChange({ line: readLine(event.currentTarget.value) })}
      />
      <TextInput
        label={words('item')}
        w={120}
        value={error.item}
        onChange={(event) => onChange({ item: event.currentTarget.value })}
      />
      <TextInput
        label={words('content')}
        style={{ flex: 1 }}
        required
        value={error.content}
        onChange={(event) => onChange({ content: event.currentTarget.value })}
      />
      <ActionIcon variant="default" size="lg" aria-label={words('remove')} onClick={onRemove}>
        <IconTrash size={16} aria-hidden />
      </ActionIcon>
    </Group>
  );
}

export function FormatErrorList({ errors }: { readonly errors: readonly FormatError[] }) {
  const words = useWords();
  return (
    <Alert color="red" variant="outline" title={words('recorded', { n: errors.length })}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <ColumnHeads columns={['part', 'line', 'item', 'content']} words={words} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {errors.map((error) => (
            <Table.Tr key={JSON.stringify(error)}>
              <Table.Td>{words(error.part)}</Table.Td>
              <Table.Td>{error.line ?? '—'}</Table.Td>
              <Table.Td>{error.item}</Table.Td>
              <Table.Td>{error.content}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Alert>
  );
}
