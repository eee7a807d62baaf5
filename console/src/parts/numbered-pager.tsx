import { Group, Pagination, Select } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { defineWords } from '../language.ts';
import { Count } from './figures.tsx';

const useWords = defineWords('numbered-pager', {
  ja: {
    size: '表示件数',
    perPage: '{{n}} 件',
    pages: 'ページ',
    page: '{{n}} ページ',
    next: '次のページ',
    previous: '前のページ',
  },
  en: {
    size: 'Rows',
    perPage: '{{n}}',
    pages: 'Pages',
    page: 'Page {{n}}',
    next: 'Next page',
    previous: 'Previous page',
  },
});

/** Pages with numbers, for lists that the server counts. */
export function NumberedPager({
  total,
  page,
  size,
  sizes,
}: {
  readonly total: number;
  readonly page: number;
  readonly size: string;
  readonly sizes: readonly string[];
}) {
  const words = useWords();
  const [, setSearch] = useSearchParams();
  const go = (changes: Readonly<Record<string, string>>) =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      for (const [name, value] of Object.entries(changes)) next.set(name, value);
      return next;
    });
  return (
    <Group justify="space-between" className="no-print">
      <Group gap="xs">
        <Select
          aria-label={words('size')}
          data={sizes.map((n) => ({ value: n, label: words('perPage', { n }) }))}
          value={size}
          allowDeselect={false}
          w={110}
          size="xs"
          onChange={(value) => go({ size: value ?? size, page: '1' })}
        />
        <Count count={total} size="sm" />
      </Group>
      <Pagination
        aria-label={words('pages')}
        total={Math.ceil(total / Number(size))}
        value={page}
        onChange={(n) => go({ page: String(n) })}
        size="sm"
        getItemProps={(n) => ({ 'aria-label': words('page', { n }) })}
        getControlProps={(control) => ({
          'aria-label': words(control === 'next' ? 'next' : 'previous'),
        })}
        hideWithOnePage
      />
    </Group>
  );
}
