import { Alert, Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { CountAndYen } from './figures.tsx';

const useWords = defineWords('late-result', {
  ja: {
    title: '請求月は締め済みです。記録は変更していません',
    kept: '記録と違う行を訂正として残しました: ',
    nothing: '新しく訂正として残す行はありませんでした。',
    corrections: '締めた後の訂正を見る',
  },
  en: {
    title: 'The month is closed: its record stays as it was',
    kept: 'Rows that differ from the record were kept as corrections: ',
    nothing: 'There was nothing new to keep as a correction.',
    corrections: 'See the corrections',
  },
});

/** What became of a result that came after its month was closed. */
export function LateResult({
  month,
  corrections,
}: {
  readonly month: string;
  readonly corrections: { readonly rows: number; readonly yen: number };
}) {
  const words = useWords();
  const { place } = useMerchant();
  const isNew = corrections.rows > 0;
  return (
    <Alert
      color={isNew ? 'red' : 'teal'}
      variant="outline"
      title={words('title')}
      role={isNew ? 'alert' : 'status'}
    >
      <Text size="sm">
        {isNew ? words('kept') : words('nothing')}
        {isNew && <CountAndYen of={corrections} />}
      </Text>
      <Anchor component={Link} size="sm" to={`${place('corrections')}?month=${month}`}>
        {words('corrections')}
      </Anchor>
    </Alert>
  );
}
