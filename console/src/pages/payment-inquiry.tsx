import { Alert, Anchor, Stack, Text } from '@mantine/core';
import { useParams } from 'react-router';
import {
  CHANGING_CLASSES,
  DIFFERING_CLASSES,
  type InquiryClass,
} from '../../../billing/payment-inquiry.ts';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActButton } from '../parts/act-button.tsx';
import { Count, CountAndYen, Instant } from '../parts/figures.tsx';
import { InquiryRows } from '../parts/inquiry-rows.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { useFilters } from '../parts/search-form.tsx';
import { Section } from '../parts/section.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useInquiryClassWords } from '../words/inquiry-words.ts';

const useWords = defineWords('payment-inquiry', {
  ja: {
    title: '照会データ {{n}}',
    cycle: '{{month}} の請求',
    list: '情報照会',
    sums: '記録との照合',
    read: '{{file}} を {{by}} が読み取りました: ',
    class: '照合の結果',
    count: '件数・金額',
    effect: '反映すると',
    changes: '記録が変わる',
    look: '確認が必要',
    nothing: '何も変わらない',
    use: '記録に反映する',
    useText:
      '結果待ち・不明だったもの、画面で処理済みのものなどが、照会データのとおりに記録されます。取り消せません。',
    usedAt: '記録に反映しました: ',
    differences: '確認が必要な差異があります',
    acknowledge: '差異を確認済みにする',
    acknowledgeText:
      'ペイジェントの画面で確かめたことを記録します。請求の記録は変わりません。確認済みにするか、新しい照会データで差異がなくなるまで、月は締められません。',
    unlisted: '照会データに載っていない送信済みの請求: ',
    unlistedHint: '送信していない証明にはなりません(検索条件の外にある場合があります)。',
    none: '照会データに行がありません。検索条件を広げて取り出し直してください。',
  },
  en: {
    title: 'Payment list {{n}}',
    cycle: 'Billing of {{month}}',
    list: 'Payment lists',
    sums: 'Compared with the record',
    read: '{{file}}, read by {{by}}: ',
    class: 'What it is',
    count: 'Rows and yen',
    effect: 'When it is used',
    changes: 'Changes the record',
    look: 'To look at',
    nothing: 'Changes nothing',
    use: 'Take into the record',
    useText:
      'What waited or was unknown, and what was done on the portal, is recorded as the list has it. It cannot be undone.',
    usedAt: 'Taken into the record: ',
    differences: 'Some differences are to be looked at',
    acknowledge: 'They were looked at',
    acknowledgeText:
      'It is recorded that you looked at the portal. The record stays; the month may close then.',
    unlisted: 'Sent charges that the list does not name: ',
    unlistedHint: 'That proves nothing: the search may have left them out.',
    none: 'The list holds no row: download it again with a wider search.',
  },
});

type Comparison = NonNullable<Read<'compareInquiry'>['data']>;

function PaymentInquiryPage() {
  const words = useWords();
  const { month = '', n = '' } = useParams();
  const { merchant, place } = useMerchant();
  const params = { merchant, month, n: Number(n) };
  const comparison = useRead('compareInquiry', { params });
  return (
    <Page
      title={words('title', { n })}
      above={[
        { to: place('cycles', month), title: words('cycle', { month }) },
        { to: place('cycles', month, 'inquiries'), title: words('list') },
      ]}
    >
      <Loaded read={comparison}>
        {(found) => (
          <Stack>
            <Sums month={month} of={found} />
            <InquiryRows month={month} n={params.n} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

/** What the list says, class by class, and what a person does about it. */
function Sums({ month, of }: { readonly month: string; readonly of: Comparison }) {
  const words = useWords();
  const classes = useInquiryClassWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const { change } = useFilters();
  const use = useAct('useInquiry');
  const params = { merchant, month, n: of.n };
  const effect = (kind: InquiryClass) =>
    CHANGING_CLASSES.includes(kind)
      ? words('changes')
      : DIFFERING_CLASSES.includes(kind)
        ? words('look')
        : words('nothing');
  return (
    <Section
      title={words('sums')}
      actions={
        of.usedAt === null &&
        of.changes.rows > 0 && (
          <ActButton
            label={words('use')}
            text={words('useText')}
            variant="filled"
            reason="required"
            disabled={!may}
            act={use}
            onConfirm={(reason) => use.act({ params, body: { confirmed: of.changes, reason } })}
          >
            <CountAndYen of={of.changes} fw={700} />
          </ActButton>
        )
      }
    >
      <Text size="sm">
        {words('read', { file: of.fileName, by: of.readBy })}
        <Instant at={of.readAt} />
      </Text>
      {of.usedAt !== null && (
        <Text size="sm">
          {words('usedAt')}
          <Instant at={of.usedAt} />
        </Text>
      )}
      {of.differences.rows > 0 && <Differences month={month} of={of} />}
      <ListTable
        label={words('sums')}
        rows={of.counts.filter(({ rows }) => rows > 0)}
        keyOf={(count) => count.class}
        none={words('none')}
        columns={[
          {
            title: words('class'),
            cell: (count) => (
              <Anchor component="button" ta="start" onClick={() => change({ class: count.class })}>
                {classes(count.class)}
              </Anchor>
            ),
          },
          { title: words('count'), numeric: true, cell: (count) => <CountAndYen of={count} /> },
          { title: words('effect'), cell: (count) => effect(count.class) },
        ]}
      />
      {of.unlisted > 0 && (
        <Text size="sm">
          {words('unlisted')}
          <Count count={of.unlisted} fw={700} /> {words('unlistedHint')}
        </Text>
      )}
    </Section>
  );
}

function Differences({ month, of }: { readonly month: string; readonly of: Comparison }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const acknowledge = useAct('acknowledgeInquiry');
  return (
    <Alert color="yellow" variant="outline" title={words('differences')}>
      <Stack gap="xs" align="flex-start">
        <CountAndYen of={of.differences} fw={700} />
        <ActButton
          label={words('acknowledge')}
          text={words('acknowledgeText')}
          reason="required"
          disabled={!may}
          act={acknowledge}
          onConfirm={(reason) =>
            acknowledge.act({
              params: { merchant, month, n: of.n },
              body: { confirmed: of.differences, reason },
            })
          }
        >
          <CountAndYen of={of.differences} fw={700} />
        </ActButton>
      </Stack>
    </Alert>
  );
}

export const route = { Component: PaymentInquiryPage };
