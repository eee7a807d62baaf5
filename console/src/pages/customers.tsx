import { Anchor, Badge, Button, Select, Stack, Table, TextInput } from '@mantine/core';
import { Link } from 'react-router';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Instant } from '../parts/figures.tsx';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { ReadTable } from '../parts/read-table.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { type Kept, SearchForm, useFilters, useKept } from '../parts/search-form.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';

const useWords = defineWords('customers', {
  ja: {
    title: '顧客',
    registers: '職業・顧客タグ',
    csv: 'CSVで取り出す',
    link: '顧客番号と顧客IDだけ',
    search: '顧客の検索',
    customerNumber: '顧客番号',
    customerId: '顧客ID',
    name: '氏名・フリガナ(一部でも)',
    email: 'メールアドレス',
    phone: '電話番号',
    tag: '顧客タグ',
    toReview: '確認',
    review: '複数カードの確認待ち',
    all: 'すべて',
    customer: '氏名',
    where: '住所',
    cards: 'カード',
    updated: '更新',
    none: '該当する顧客はいません。条件を消すか、「取り込み」で顧客ファイルを取り込んでください。',
    count: '{{n}} 枚',
  },
  en: {
    title: 'Customers',
    registers: 'Occupations and tags',
    csv: 'Download CSV',
    link: 'Numbers and IDs alone',
    search: 'Search customers',
    customerNumber: 'Customer number',
    customerId: 'Customer ID',
    name: 'Part of the name',
    email: 'Mail address',
    phone: 'Phone',
    tag: 'Tag',
    toReview: 'Review',
    review: 'Several cards to review',
    all: 'All',
    customer: 'Name',
    where: 'Address',
    cards: 'Cards',
    updated: 'Updated',
    none: 'No such customer. Clear the search, or import a customer file.',
    count: '{{n}}',
  },
});

type Customer = NonNullable<Read<'searchCustomers'>['data']>['customers'][number];
const names = ['customerNumber', 'customerId', 'tag', 'toReview'];
const personalNames = ['name', 'email', 'phone'];

function CustomersPage() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const { filter } = useFilters();
  const { after, limit } = usePlace();
  const mayExport = useMay('operator', 'exportPersonalData');
  const params = { merchant };
  const { kept, ...personal } = useKept();
  const body = {
    customerNumber: filter('customerNumber'),
    customerId: filter('customerId'),
    tag: filter('tag'),
    ...(filter('toReview') === undefined ? {} : { toReview: true }),
    name: kept('name'),
    email: kept('email'),
    phone: kept('phone'),
  };
  const customers = useRead('searchCustomers', { params, body: { ...body, after, limit } });
  return (
    <Page
      title={words('title')}
      actions={
        <>
          <Button variant="default" component={Link} to={place('registers')}>
            {words('registers')}
          </Button>
          {mayExport && (
            <>
              <SaveButton
                route="downloadCustomers"
                input={{ params, body: { ...body, columns: 'link' } }}
                label={words('link')}
              />
              <SaveButton route="downloadCustomers" input={{ params, body }} label={words('csv')} />
            </>
          )}
        </>
      }
    >
      <CustomerSearch kept={personal} />
      <Loaded read={customers}>
        {({ customers: found, nextAfter }) => (
          <Stack>
            {found.length === 0 ? (
              <Empty>{words('none')}</Empty>
            ) : (
              <CustomerTable customers={found} />
            )}
            <Pager nextAfter={nextAfter} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function CustomerSearch({ kept }: { readonly kept: Kept }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const { data: tags } = useRead('listTags', { params: { merchant } });
  const all = { value: '', label: words('all') };
  return (
    <SearchForm label={words('search')} names={names} personal={personalNames} kept={kept}>
      {({ field, choice }) => (
        <>
          <TextInput label={words('customerNumber')} w={140} {...field('customerNumber')} />
          <TextInput
            label={words('customerId')}
            placeholder="US-00010000"
            w={150}
            {...field('customerId')}
          />
          <TextInput label={words('name')} w={190} {...field('name')} />
          <TextInput label={words('email')} w={200} {...field('email')} />
          <TextInput label={words('phone')} w={140} {...field('phone')} />
          <Select
            label={words('tag')}
            w={150}
            searchable
            data={[all, ...(tags?.entries ?? []).map(({ name }) => ({ value: name, label: name }))]}
            {...choice('tag')}
          />
          <Select
            label={words('toReview')}
            w={190}
            data={[all, { value: 'true', label: words('review') }]}
            {...choice('toReview')}
          />
        </>
      )}
    </SearchForm>
  );
}

function CustomerTable({ customers }: { readonly customers: readonly Customer[] }) {
  const words = useWords();
  const { place } = useMerchant();
  const columns = [
    'customerId',
    'customerNumber',
    'customer',
    'where',
    'phone',
    'email',
    'tag',
    'cards',
    'updated',
  ] as const;
  return (
    <Table.ScrollContainer minWidth={1000}>
      <ReadTable highlightOnHover aria-label={words('title')}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column} scope="col">
                {words(column)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {customers.map((one) => (
            <Table.Tr key={one.customerId}>
              <Table.Td className="figure">
                <Anchor component={Link} to={place('customers', one.customerId)}>
                  {one.customerId}
                </Anchor>
              </Table.Td>
              <Table.Td>{one.customerNumber}</Table.Td>
              <Table.Td>
                {one.name}{' '}
                {one.toReview && (
                  <Badge color="red" variant="outline">
                    ● {words('review')}
                  </Badge>
                )}
              </Table.Td>
              <Table.Td>{[one.prefecture, one.city].join('')}</Table.Td>
              <Table.Td>{one.phone}</Table.Td>
              <Table.Td>{one.email}</Table.Td>
              <Table.Td>{one.tags.join('、')}</Table.Td>
              <Table.Td className="figure">{words('count', { n: one.cards })}</Table.Td>
              <Table.Td>
                <Instant at={one.updatedAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ReadTable>
    </Table.ScrollContainer>
  );
}

export const route = { Component: CustomersPage };
