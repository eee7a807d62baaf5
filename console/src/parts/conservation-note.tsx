import { Alert, List, Text } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { defineWords } from '../language.ts';

const useWords = defineWords('conservation', {
  ja: {
    holds: '件数と金額はすべて合っています',
    awaited: '件数と金額が合うかを集計しています。終わるまで、合っているかどうかは分かりません。',
    broken: '件数または金額が合いません。何も失われていません。開発担当に連絡してください。',
  },
  en: {
    holds: 'Rows and yen all add up',
    awaited:
      'Whether rows and yen add up is being counted. Until then nobody can say that they do.',
    broken: 'Rows or yen do not add up. Nothing is lost; tell the developers.',
  },
});

/** While nobody can say whether they are. */
export function SumsAwaited() {
  const words = useWords();
  return (
    <Text size="sm" c="dimmed" mt="xs" role="status">
      {words('awaited')}
    </Text>
  );
}

/** Whether every row and yen of the month is accounted for. */
export function ConservationNote({
  conservation: { rows, yen, broken },
}: {
  readonly conservation: {
    readonly rows: boolean;
    readonly yen: boolean;
    readonly broken: readonly string[];
  };
}) {
  const words = useWords();
  if (rows && yen) {
    return (
      <Text size="sm" c="dimmed" mt="xs">
        <IconCheck size={14} aria-hidden /> {words('holds')}
      </Text>
    );
  }
  return (
    <Alert color="red" variant="outline" role="alert" mt="sm" title={words('broken')}>
      <List size="sm">
        {broken.map((sentence) => (
          <List.Item key={sentence}>{sentence}</List.Item>
        ))}
      </List>
    </Alert>
  );
}
