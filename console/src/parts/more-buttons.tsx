import { Button, Group } from '@mantine/core';
import { defineWords } from '../language.ts';

const useWords = defineWords('more-buttons', {
  ja: { first: '先頭へ', next: '次のページ' },
  en: { first: 'First page', next: 'Next page' },
});

/** Pages of a list that is only part of a page: its place is not in the address. */
export function MoreButtons({
  after,
  nextAfter,
  onGo,
}: {
  readonly after: string | undefined;
  readonly nextAfter: string | number | null;
  readonly onGo: (after: string | undefined) => void;
}) {
  const words = useWords();
  if (after === undefined && nextAfter === null) return null;
  return (
    <Group justify="flex-end" gap="xs" className="no-print">
      {after !== undefined && (
        <Button size="xs" variant="default" onClick={() => onGo(undefined)}>
          {words('first')}
        </Button>
      )}
      {nextAfter !== null && (
        <Button size="xs" variant="default" onClick={() => onGo(String(nextAfter))}>
          {words('next')}
        </Button>
      )}
    </Group>
  );
}
