import { Button, Group, Select, Text } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { defineWords } from '../language.ts';

const useWords = defineWords('pager', {
  ja: {
    first: '先頭へ',
    next: '次のページ',
    size: '表示件数',
    end: 'これで全部です',
    perPage: '{{n}} 件',
  },
  en: {
    first: 'First page',
    next: 'Next page',
    size: 'Rows',
    end: 'That is all',
    perPage: '{{n}}',
  },
});

export const PAGE_SIZES = [50, 100, 500] as const;

/**
 * Where a list stands: in the address, so that it can be shared and gone back to.
 * @param sizes how many rows a page may have; the first holds where nothing is said
 */
export function usePlace(sizes: readonly number[] = PAGE_SIZES): {
  readonly after: string | undefined;
  readonly limit: number;
} {
  const [search] = useSearchParams();
  const limit = Number(search.get('limit'));
  return {
    after: search.get('after') ?? undefined,
    limit: sizes.includes(limit) ? limit : (sizes[0] ?? PAGE_SIZES[0]),
  };
}

/** Pages that the server cuts: the browser's own "back" leads to the page before. */
export function Pager({
  nextAfter,
  sizes = PAGE_SIZES,
}: {
  readonly nextAfter: string | number | null;
  readonly sizes?: readonly number[];
}) {
  const words = useWords();
  const [search, setSearch] = useSearchParams();
  const { after, limit } = usePlace(sizes);
  const go = (change: (search: URLSearchParams) => void) => {
    const next = new URLSearchParams(search);
    change(next);
    setSearch(next);
  };
  return (
    <Group justify="space-between" className="no-print">
      <Select
        aria-label={words('size')}
        data={sizes.map((n) => ({ value: String(n), label: words('perPage', { n }) }))}
        value={String(limit)}
        allowDeselect={false}
        w={110}
        size="xs"
        onChange={(value) =>
          go((next) => {
            next.set('limit', value ?? String(limit));
            next.delete('after');
          })
        }
      />
      <Group gap="xs">
        {after !== undefined && (
          <Button size="xs" variant="default" onClick={() => go((next) => next.delete('after'))}>
            {words('first')}
          </Button>
        )}
        {nextAfter === null ? (
          <Text size="xs" c="dimmed">
            {words('end')}
          </Text>
        ) : (
          <Button
            size="xs"
            variant="default"
            onClick={() => go((next) => next.set('after', String(nextAfter)))}
          >
            {words('next')}
          </Button>
        )}
      </Group>
    </Group>
  );
}
