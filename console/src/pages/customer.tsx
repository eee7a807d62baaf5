import { Alert, Anchor, Button, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { CustomerCharges } from '../parts/customer-charges.tsx';
import { CustomerCards, CustomerSubscriptions } from '../parts/customer-lists.tsx';
import { Instant } from '../parts/figures.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';

const useWords = defineWords('customer', {
  ja: {
    title: '顧客 {{id}}',
    list: '顧客',
    customerNumber: '顧客番号',
    name: '氏名',
    kana: 'フリガナ',
    address: '住所',
    phone: '電話番号',
    email: 'メールアドレス',
    gender: '性別',
    birthDate: '生年月日',
    occupation: '職業',
    tags: '顧客タグ',
    newsletter: 'メルマガ',
    yes: '希望する',
    no: '希望しない',
    customerType: '顧客タイプ',
    updatedAt: '更新',
    judged: '定期受注を洗替ステータスで見る',
    review:
      '1つのファイルに複数のカードがありました。どのカードで請求するかを決済代行会社に確かめてください。',
    acknowledge: '確認したことを記録する',
    acknowledgeText: '複数のカードを確かめたことを記録します。カードと請求は変わりません。',
    remove: '顧客を削除する',
    removeText:
      '顧客とそのカードを一覧から隠します。記録は残り、もう一度取り込むと戻ります。定期の請求は注文にもとづくため、止まりません。',
  },
  en: {
    title: 'Customer {{id}}',
    list: 'Customers',
    customerNumber: 'Customer number',
    name: 'Name',
    kana: 'Kana',
    address: 'Address',
    phone: 'Phone',
    email: 'Mail address',
    gender: 'Gender',
    birthDate: 'Born',
    occupation: 'Occupation',
    tags: 'Tags',
    newsletter: 'Newsletter',
    yes: 'Yes',
    no: 'No',
    customerType: 'Type',
    updatedAt: 'Updated',
    judged: 'See the subscriptions with their refresh status',
    review: 'Several cards came in one file. Ask the service which one is to be charged.',
    acknowledge: 'Record that I looked',
    acknowledgeText: 'It is recorded that the cards were looked at. No card and no charge changes.',
    remove: 'Delete the customer',
    removeText:
      'The customer and its cards are hidden; an import brings them back. Orders are billed as before.',
  },
});

export type CustomerDetail = NonNullable<Read<'readCustomer'>['data']>;

function CustomerPage() {
  const words = useWords();
  const { customerId = '' } = useParams();
  const { merchant, place } = useMerchant();
  const navigate = useNavigate();
  const may = useMay('operator');
  const params = { merchant, customerId };
  const judged = (number: string) =>
    `${place('subscriptions')}?customerNumber=${encodeURIComponent(number)}`;
  const customer = useRead('readCustomer', { params });
  return (
    <Page
      title={words('title', { id: customerId })}
      above={[{ to: place('customers'), title: words('list') }]}
      actions={
        may && (
          <CustomerAct
            act="deleteCustomer"
            params={params}
            button={words('remove')}
            text={words('removeText')}
            danger
            onDone={() => void navigate(place('customers'))}
          />
        )
      }
    >
      <Loaded read={customer}>
        {(found) => (
          <Stack>
            {found.toReview && (
              <Alert variant="outline" color="red">
                <Stack gap="xs" align="flex-start">
                  <Text size="sm">{words('review')}</Text>
                  {may && (
                    <CustomerAct
                      act="acknowledgeReview"
                      params={params}
                      button={words('acknowledge')}
                      text={words('acknowledgeText')}
                    />
                  )}
                </Stack>
              </Alert>
            )}
            <Facts one={found} />
            <CustomerCards cards={found.storedCards} />
            <CustomerSubscriptions customer={found} />
            <Anchor component={Link} to={judged(found.customerNumber)} size="sm">
              {words('judged')}
            </Anchor>
            <CustomerCharges customerId={customerId} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function CustomerAct({
  act: name,
  params,
  button,
  text,
  danger = false,
  onDone = () => {},
}: {
  readonly act: 'deleteCustomer' | 'acknowledgeReview';
  readonly params: { readonly merchant: string; readonly customerId: string };
  readonly button: string;
  readonly text: string;
  readonly danger?: boolean;
  readonly onDone?: () => void;
}) {
  const [opened, setOpened] = useState(false);
  const [failed, setFailed] = useState(false);
  const { act, acting, problem } = useAct(name);
  const confirm = async (reason: string) => {
    setFailed(true);
    // It answers nothing when it is done, and null when it was refused.
    if ((await act({ params, body: { reason } })) === null) return;
    setFailed(false);
    setOpened(false);
    onDone();
  };
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        {button}
      </Button>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={button}
        confirm={button}
        danger={danger}
        reason="required"
        acting={acting}
        problem={failed ? problem : null}
        onConfirm={(reason) => void confirm(reason)}
      >
        <Text>{text}</Text>
      </ActDialog>
    </>
  );
}

function Facts({ one }: { readonly one: CustomerDetail }) {
  const words = useWords();
  const address = [one.postalCode, one.prefecture, one.city, one.street, one.building];
  const newsletter = one.newsletter === null ? null : words(one.newsletter ? 'yes' : 'no');
  const rows: readonly (readonly [Parameters<typeof words>[0], ReactNode])[] = [
    ['customerNumber', one.customerNumber],
    ['name', one.name],
    ['kana', one.kana],
    ['address', address.filter((part) => part !== null).join(' ')],
    ['phone', one.phone],
    ['email', one.email],
    ['gender', one.gender],
    ['birthDate', one.birthDate],
    ['occupation', one.occupation],
    ['tags', one.tags.join('、')],
    ['newsletter', newsletter],
    ['customerType', one.customerType],
    ['updatedAt', <Instant key="at" at={one.updatedAt} />],
  ];
  const half = Math.ceil(rows.length / 2);
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      {[rows.slice(0, half), rows.slice(half)].map((part) => (
        <Table key={part[0]?.[0]} variant="vertical">
          <Table.Tbody>
            {part.map(([name, value]) => (
              <Table.Tr key={name}>
                <Table.Th w={140} scope="row">
                  {words(name)}
                </Table.Th>
                <Table.Td>{value === null || value === '' ? '—' : value}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ))}
    </SimpleGrid>
  );
}

export const route = { Component: CustomerPage };
