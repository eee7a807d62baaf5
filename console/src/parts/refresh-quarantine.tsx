import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { ListTable } from './list-table.tsx';
import { Loaded } from './loaded.tsx';
import { Pager, usePlace } from './pager.tsx';

const useWords = defineWords('refresh-quarantine', {
  ja: {
    title: '要確認の行',
    file: '結果ファイル',
    line: '行',
    reason: '理由',
    field: '項目',
    member: '会員ID',
    none: '要確認の行はありません。',
    unmatched: '依頼していない行',
    doubled: '同じカードの行が重複',
    other_month: '別の月の行',
    bad_verdict: '洗替判定結果が不明',
    bad_columns: '列数が違う',
    bad_data: '値を読み取れない',
    unreadable: '行を読み取れない',
  },
  en: {
    title: 'Quarantined lines',
    file: 'Result file',
    line: 'Line',
    reason: 'Reason',
    field: 'Column',
    member: 'Member ID',
    none: 'No line is quarantined.',
    unmatched: 'Nobody asked for it',
    doubled: 'A card twice',
    other_month: 'Of another month',
    bad_verdict: 'Unknown verdict',
    bad_columns: 'Wrong number of columns',
    bad_data: 'A value cannot be read',
    unreadable: 'The line cannot be read',
  },
});

/** Lines of result files that changed no card. */
export function RefreshQuarantine({ month }: { readonly month: string }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const { after, limit } = usePlace();
  const read = useRead('listRefreshQuarantine', {
    params: { merchant, month },
    query: { limit, ...(after === undefined ? {} : { after }) },
  });
  return (
    <Loaded read={read}>
      {({ lines, nextAfter }) => (
        <>
          <ListTable
            label={words('title')}
            rows={lines}
            keyOf={({ n, resultLine }) => `${n}:${resultLine}`}
            none={words('none')}
            columns={[
              { title: words('file'), numeric: true, cell: ({ n }) => n },
              { title: words('line'), numeric: true, cell: ({ resultLine }) => resultLine },
              { title: words('reason'), cell: ({ reason }) => words(reason) },
              { title: words('field'), cell: ({ field }) => field ?? '—' },
              { title: words('member'), cell: ({ memberId }) => memberId ?? '—' },
            ]}
          />
          <Pager nextAfter={nextAfter} />
        </>
      )}
    </Loaded>
  );
}
