import { Anchor, Stack, Text } from '@mantine/core';
import { Link, useNavigate, useParams } from 'react-router';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Count, Instant } from '../parts/figures.tsx';
import { FileDrop } from '../parts/file-drop.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';

const useWords = defineWords('payment-inquiries', {
  ja: {
    title: '{{month}} の情報照会',
    cycles: '請求サイクル',
    cycle: '{{month}} の請求',
    text: 'ペイジェントの「情報照会」から取り出したCSVを、記録と照らし合わせます。取り込むだけでは、記録は何も変わりません。',
    drop: '照会データCSVを読み取る',
    n: '番号',
    file: 'ファイル',
    rows: '件数',
    read: '読み取り',
    by: '読み取った人',
    used: '記録に反映',
    none: '照会データはまだありません。結果が不明なときや締める前に、ペイジェントの画面から取り出して上に入れてください。',
  },
  en: {
    title: 'Payment lists of {{month}}',
    cycles: 'Billing cycles',
    cycle: 'Billing of {{month}}',
    text: "The PSP's own list of payments (情報照会) is compared with the record. Reading one changes nothing.",
    drop: 'Read a payment list (CSV)',
    n: 'No.',
    file: 'File',
    rows: 'Rows',
    read: 'Read at',
    by: 'Read by',
    used: 'Taken into the record',
    none: 'No payment list yet. Download one from the portal when something is unclear, and drop it above.',
  },
});

/** 情報照会: lists of the portal that were read for a month. */
function PaymentInquiriesPage() {
  const words = useWords();
  const { month = '' } = useParams();
  const { merchant, place } = useMerchant();
  const may = useMay('operator');
  const navigate = useNavigate();
  const params = { merchant, month };
  const inquiries = useRead('listInquiries', { params });
  const upload = useAct('uploadFile');
  const read = useAct('readInquiry');
  const take = async (file: File) => {
    const query = { name: file.name, kind: 'payment-inquiry' as const };
    const stored = await upload.act({ params: { merchant }, query, body: file });
    if (stored === null) return;
    const done = await read.act({ params, body: { sha256: stored.sha256 } });
    if (done !== null) await navigate(place('cycles', month, 'inquiries', done.n));
  };
  return (
    <Page
      title={words('title', { month })}
      above={[
        { to: place('cycles'), title: words('cycles') },
        { to: place('cycles', month), title: words('cycle', { month }) },
      ]}
    >
      <Text size="sm">{words('text')}</Text>
      {may && (
        <Stack gap="xs">
          <FileDrop
            label={words('drop')}
            busy={upload.acting || read.acting}
            onFile={(file) => void take(file)}
          />
          <ProblemNote problem={upload.problem ?? read.problem} />
        </Stack>
      )}
      <Loaded read={inquiries}>
        {({ inquiries: found }) => (
          <ListTable
            label={words('title', { month })}
            rows={found}
            keyOf={({ n }) => n}
            none={words('none')}
            columns={[
              {
                title: words('n'),
                cell: ({ n }) => (
                  <Anchor component={Link} to={place('cycles', month, 'inquiries', n)}>
                    {n}
                  </Anchor>
                ),
              },
              { title: words('file'), cell: ({ fileName }) => fileName },
              { title: words('rows'), numeric: true, cell: ({ rows }) => <Count count={rows} /> },
              { title: words('read'), cell: ({ readAt }) => <Instant at={readAt} /> },
              { title: words('by'), cell: ({ readBy }) => readBy },
              { title: words('used'), cell: ({ usedAt }) => <Instant at={usedAt} /> },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}

export const route = { Component: PaymentInquiriesPage };
