import { Anchor, Group, Select } from '@mantine/core';
import { Link } from 'react-router';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { CardNotice, NotifyCustomers } from '../parts/card-notices.tsx';
import { Count } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { isMonth } from '../parts/month-field.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { useFilters } from '../parts/search-form.tsx';
import { Section } from '../parts/section.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useCardNeedLabels } from '../words/api-labels.ts';
import { useRefreshStatusWords } from '../words/card-words.ts';

const useWords = defineWords('card-expiries', {
  ja: {
    refreshes: '洗替',
    title: '期限が切れるカード',
    calendar: '有効期限のカレンダー',
    month: '有効期限',
    cards: 'カード',
    customers: '顧客',
    locked: 'うち利用停止中',
    none: 'この期間に期限が切れるカードはありません。',
    needing: 'カードの変更が必要な顧客',
    inMonth: '{{month}} に期限が切れるカード',
    back: '変更が必要な顧客に戻る',
    need: '理由',
    any: 'すべて',
    needLocked: '洗替で使用不可',
    expired: '有効期限切れ',
    not_renewed: 'まもなく期限切れ(更新なし)',
    customer: '顧客番号',
    card: 'カード',
    status: '洗替ステータス',
    nobody: '該当する顧客はいません。',
    csv: 'CSVで取り出す',
    notice: '通知メール',
  },
  en: {
    refreshes: 'Card refresh',
    title: 'Expiring cards',
    calendar: 'Calendar of expiries',
    month: 'Expires',
    cards: 'Cards',
    customers: 'Customers',
    locked: 'Of them locked',
    none: 'No card expires in this span.',
    needing: 'Customers whose card needs action',
    inMonth: 'Cards that expire in {{month}}',
    back: 'Back to customers whose card needs action',
    need: 'Why',
    any: 'All',
    needLocked: 'Refused by a refresh',
    expired: 'Expired',
    not_renewed: 'Expiring, not renewed',
    customer: 'Customer',
    card: 'Card',
    status: 'Refresh status',
    nobody: 'No such customer.',
    csv: 'Download CSV',
    notice: 'Notice mail',
  },
});

type Cards = NonNullable<Read<'listCardsNeedingAction'>['data']>['cards'];

function CardExpiriesPage() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const { filter } = useFilters();
  const month = filter('month');
  const read = useRead('readExpiryCalendar', { params: { merchant }, query: { months: 12 } });
  return (
    <Page
      title={words('title')}
      above={[{ to: place('card-refreshes'), title: words('refreshes') }]}
    >
      <Section title={words('calendar')}>
        <Loaded read={read}>
          {({ months }) => (
            <ListTable
              label={words('calendar')}
              rows={months}
              keyOf={(one) => one.month}
              none={words('none')}
              minWidth={400}
              columns={[
                {
                  title: words('month'),
                  cell: (one) =>
                    one.cards === 0 ? (
                      one.month
                    ) : (
                      <Anchor component={Link} to={`?month=${one.month}`}>
                        {one.month}
                      </Anchor>
                    ),
                },
                {
                  title: words('cards'),
                  numeric: true,
                  cell: ({ cards }) => <Count count={cards} />,
                },
                {
                  title: words('customers'),
                  numeric: true,
                  cell: ({ customers }) => <Count count={customers} />,
                },
                {
                  title: words('locked'),
                  numeric: true,
                  cell: ({ locked }) => <Count count={locked} />,
                },
              ]}
            />
          )}
        </Loaded>
      </Section>
      {month !== undefined && isMonth(month) ? <OfMonth month={month} /> : <Needing />}
    </Page>
  );
}

function OfMonth({ month }: { readonly month: string }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const { after, limit } = usePlace();
  const read = useRead('listExpiringCards', {
    params: { merchant, month },
    query: { limit, ...(after === undefined ? {} : { after }) },
  });
  return (
    <Section
      title={words('inMonth', { month })}
      actions={
        <Anchor component={Link} to="?" size="sm">
          {words('back')}
        </Anchor>
      }
    >
      <Loaded read={read}>
        {({ cards, nextAfter }) => <CardList cards={cards} nextAfter={nextAfter} />}
      </Loaded>
    </Section>
  );
}

const needs = ['locked', 'expired', 'not_renewed'] as const;

function Needing() {
  const words = useWords();
  const { merchant } = useMerchant();
  const mayExport = useMay('operator', 'exportPersonalData');
  const { after, limit } = usePlace();
  const { filter, change } = useFilters();
  const need = needs.find((one) => one === filter('need')) ?? ('any' as const);
  const params = { merchant };
  const read = useRead('listCardsNeedingAction', {
    params,
    query: { need, limit, ...(after === undefined ? {} : { after }) },
  });
  return (
    <Section
      title={words('needing')}
      actions={
        mayExport && (
          <SaveButton
            size="xs"
            route="downloadCardsNeedingAction"
            input={{ params, query: { need } }}
            label={words('csv')}
          />
        )
      }
    >
      <Group>
        <Select
          label={words('need')}
          w={260}
          value={need}
          allowDeselect={false}
          data={[
            { value: 'any', label: words('any') },
            { value: 'locked', label: words('needLocked') },
            { value: 'expired', label: words('expired') },
            { value: 'not_renewed', label: words('not_renewed') },
          ]}
          onChange={(value) => change({ need: value === 'any' ? '' : (value ?? '') })}
        />
      </Group>
      <Group>
        <NotifyCustomers need={need} />
      </Group>
      <Loaded read={read}>
        {({ cards, nextAfter }) => <CardList cards={cards} nextAfter={nextAfter} />}
      </Loaded>
    </Section>
  );
}

function CardList({
  cards,
  nextAfter,
}: {
  readonly cards: Cards;
  readonly nextAfter: string | null;
}) {
  const words = useWords();
  const names = useRefreshStatusWords();
  const needs = useCardNeedLabels();
  return (
    <>
      <ListTable
        label={words('cards')}
        rows={cards}
        keyOf={(one) => `${one.customerId} ${one.service} ${one.lastDigits} ${one.expiry}`}
        none={words('nobody')}
        columns={[
          {
            title: words('customer'),
            cell: (of) => `${of.customerNumber}(${of.customerId})${of.name ?? ''}`,
          },
          { title: words('card'), cell: (of) => `${of.service} …${of.lastDigits} ${of.expiry}` },
          {
            title: words('need'),
            cell: ({ need, needLabel }) => (need === null ? '—' : needs(need, needLabel ?? '')),
          },
          { title: words('notice'), cell: (of) => <CardNotice card={of} /> },
          {
            title: words('status'),
            cell: ({ status, judgedMonth }) =>
              judgedMonth === null ? names(status) : `${names(status)}(${judgedMonth})`,
          },
        ]}
      />
      <Pager nextAfter={nextAfter} />
    </>
  );
}

export const route = { Component: CardExpiriesPage };
