import { Anchor, SimpleGrid, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { CHARGE_STATES } from '../../../billing/charge.ts';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { type CycleDetail, sumStates } from '../month-progress.ts';
import { useMerchant } from '../places.ts';
import { Count, CountAndYen } from './figures.tsx';
import { RecordShipments } from './record-shipments.tsx';

const useWords = defineWords('portal-work', {
  ja: {
    charges: '請求の一覧',
    chargesHint: '状態ごとに選び、売上処理・取消・再オーソリ・断念ができます。',
    captures: '売上処理リスト',
    capturesHint: '画面で売上処理する請求と、その結果。',
    voids: '取消リスト',
    voidsHint: '画面で取り消すオーソリと、キャンセルされた注文。',
    inquiries: '情報照会',
    inquiriesHint: 'ペイジェントの決済の一覧を、記録と照らし合わせます。',
    holds: '保留中の注文',
    holdsHint: 'ファイルに入れない注文と、その解除。',
    corrections: '締めた後の訂正',
    correctionsHint: '返金・チャージバックなど、締めた後に分かったこと。',
    onList: 'リスト: ',
  },
  en: {
    charges: 'Charges',
    chargesHint: 'By state: capture, void, authorize again, end.',
    captures: 'Captures on the portal',
    capturesHint: 'What is captured by hand, and what became of it.',
    voids: 'Voids',
    voidsHint: 'What is voided by hand, and orders that were cancelled.',
    inquiries: 'Payment lists',
    inquiriesHint: "The PSP's own list of payments against the record.",
    holds: 'Orders on hold',
    holdsHint: 'Kept out of every file until they are released.',
    corrections: 'Corrections',
    correctionsHint: 'Refunds, chargebacks: what became known after the close.',
    onList: 'Listed: ',
  },
});

/** What a person does with single charges of a month, and where. */
export function PortalWork({ cycle }: { readonly cycle: CycleDetail }) {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const { month, charges } = cycle;
  const params = { merchant, month };
  const closed = cycle.stage === 'closed';
  // Only where something may stand on the lists.
  const captures = useRead(
    'listPortalCaptures',
    { params, query: { limit: 1 } },
    { enabled: charges.capture_sent !== undefined },
  );
  const voids = useRead(
    'listVoids',
    { params, query: { limit: 1 } },
    { enabled: charges.void_sent !== undefined },
  );
  const listed = (total: { readonly rows: number; readonly yen: number } | undefined) =>
    total !== undefined &&
    total.rows > 0 && (
      <>
        {words('onList')}
        <CountAndYen of={total} fw={700} />
      </>
    );
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        <Place
          to={place('cycles', month, 'charges')}
          name={words('charges')}
          hint={words('chargesHint')}
        >
          <CountAndYen of={sumStates(charges, CHARGE_STATES)} />
        </Place>
        {!closed && (
          <>
            <Place
              to={place('cycles', month, 'portal-captures')}
              name={words('captures')}
              hint={words('capturesHint')}
            >
              {listed(captures.data?.total)}
            </Place>
            <Place
              to={place('cycles', month, 'voids')}
              name={words('voids')}
              hint={words('voidsHint')}
            >
              {listed(voids.data?.total)}
            </Place>
            <Place
              to={`${place('orders')}?month=${month}&show=holds`}
              name={words('holds')}
              hint={words('holdsHint')}
            >
              {cycle.held > 0 && <Count count={cycle.held} fw={700} />}
            </Place>
          </>
        )}
        <Place
          to={place('cycles', month, 'inquiries')}
          name={words('inquiries')}
          hint={words('inquiriesHint')}
        />
        {closed && (
          <Place
            to={`${place('corrections')}?month=${month}`}
            name={words('corrections')}
            hint={words('correctionsHint')}
          />
        )}
      </SimpleGrid>
      {!closed && (
        <div>
          <RecordShipments month={month} />
        </div>
      )}
    </Stack>
  );
}

function Place({
  to,
  name,
  hint,
  children,
}: {
  readonly to: string;
  readonly name: string;
  readonly hint: string;
  readonly children?: ReactNode;
}) {
  return (
    <Stack gap={2}>
      <Anchor component={Link} to={to} fw={600}>
        {name}
      </Anchor>
      <Text size="xs" c="dimmed">
        {hint}
      </Text>
      {children && <Text size="sm">{children}</Text>}
    </Stack>
  );
}
