import { Anchor, Button, Group, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { Loaded } from './loaded.tsx';
import { ReadTable } from './read-table.tsx';

const useWords = defineWords('import-errors', {
  ja: {
    line: '行数',
    errors: 'エラー内容',
    warnings: '注意',
    occupations: '職業を登録する',
    tags: '顧客タグを登録する',
    none: 'ありません。',
    first: '先頭へ',
    next: '次の行へ',
  },
  en: {
    line: 'Line',
    errors: 'Error',
    warnings: 'Warning',
    occupations: 'Register the occupation',
    tags: 'Register the tag',
    none: 'None.',
    first: 'First rows',
    next: 'More rows',
  },
});

/** 行数 and エラー内容, a hundred rows at a time; every error of a row is shown. */
export function ImportErrors({
  number,
  kind,
}: {
  readonly number: number;
  readonly kind: 'errors' | 'warnings';
}) {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const [after, setAfter] = useState(0);
  const rows = useRead(kind === 'errors' ? 'listImportErrors' : 'listImportWarnings', {
    params: { merchant, number },
    query: { after, limit: 100 },
  });
  return (
    <Loaded read={rows}>
      {({ rows: found, nextAfter }) => (
        <Stack gap="sm">
          {found.length === 0 ? (
            <Text size="sm">{words('none')}</Text>
          ) : (
            <ReadTable aria-label={words(kind)}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col" w={80} className="figure">
                    {words('line')}
                  </Table.Th>
                  <Table.Th scope="col">{words(kind)}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {found.map(({ line, remarks }) => (
                  <Table.Tr key={line}>
                    <Table.Td className="figure">{line}</Table.Td>
                    <Table.Td>
                      {remarks.map(({ text, register }) => (
                        <Text key={text} size="sm">
                          {text}{' '}
                          {register !== null && (
                            <Anchor component={Link} to={place('registers')} underline="always">
                              {words(register)}
                            </Anchor>
                          )}
                        </Text>
                      ))}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </ReadTable>
          )}
          <Group justify="flex-end" gap="xs">
            {after > 0 && (
              <Button size="xs" variant="default" onClick={() => setAfter(0)}>
                {words('first')}
              </Button>
            )}
            {nextAfter !== null && (
              <Button size="xs" variant="default" onClick={() => setAfter(nextAfter)}>
                {words('next')}
              </Button>
            )}
          </Group>
        </Stack>
      )}
    </Loaded>
  );
}
