import { Alert, Text } from '@mantine/core';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useMailStateWords } from '../words/ng-words.ts';
import { ActButton, orNull } from './act-button.tsx';
import { Instant } from './figures.tsx';

const useWords = defineWords('card-notices', {
  ja: {
    notify: '未通知の顧客にメールで依頼する({{customers}} 名)',
    notifyOne: 'メールで依頼する',
    text: 'カードの変更をお願いするメールを、次の人数に1通ずつ送ります。同じ利用停止・有効期限について、同じ顧客に2度送ることはありません。',
    counts: '使用不可のカード {{refused}} 名、有効期限 {{expiring}} 名',
    earliest: '早くても ',
    one: '{{customer}} に、カードの変更をお願いするメールを1通送ります。',
    nobody: '通知していない顧客はいません。',
    off: '顧客へのメールは、設定 ng.contact.enabled が有効なときだけ送れます。',
    bounced: '届きませんでした',
    notYet: '未通知',
  },
  en: {
    notify: 'Mail those not told yet ({{customers}})',
    notifyOne: 'Mail the customer',
    text: 'Each of these customers gets one mail that asks for another card. Nobody is told twice of the same lock or expiry.',
    counts: 'Refused cards {{refused}}, expiries {{expiring}}',
    earliest: 'At the earliest ',
    one: '{{customer}} gets one mail that asks for another card.',
    nobody: 'Everybody was told.',
    off: 'Customers are mailed only where the setting ng.contact.enabled is on.',
    bounced: 'Not delivered',
    notYet: 'Not told',
  },
});

type Card = NonNullable<Read<'listCardsNeedingAction'>['data']>['cards'][number];

/** Mails all who were not told yet, once the operator has seen how many they are. */
export function NotifyCustomers({ need }: { readonly need: 'any' | NonNullable<Card['need']> }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const params = { merchant };
  const count = useRead('countCardNotices', { params, query: { need } }, { keep: false });
  const post = useAct('postCardNotices');
  const found = count.data;
  if (!useMay('operator') || found === undefined) return null;
  if (!found.enabled) return <Text size="sm">{words('off')}</Text>;
  if (found.customers === 0) return <Text size="sm">{words('nobody')}</Text>;
  const { customers, refused, expiring, earliestAt } = found;
  return (
    <ActButton
      size="xs"
      label={words('notify', { customers })}
      text={words('text')}
      reason="optional"
      act={post}
      onConfirm={(reason) =>
        post.act({ params, body: { need, confirmed: customers, reason: orNull(reason) } })
      }
    >
      <Alert variant="outline" title={words('counts', { refused, expiring })}>
        {words('earliest')}
        <Instant at={earliestAt} />
      </Alert>
    </ActButton>
  );
}

/** What became of the mail to the customer of a card; where there is none, a button that posts it. */
export function CardNotice({ card }: { readonly card: Card }) {
  const words = useWords();
  const states = useMailStateWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const post = useAct('postCardNotices');
  const { notice, need, customerId, customerNumber } = card;
  if (notice !== null) {
    return (
      <>
        <Text size="sm">
          {states(notice.state)} {notice.plannedOn}
        </Text>
        {notice.bouncedAt !== null && (
          <Text size="sm">
            ⚠ {words('bounced')} <Instant at={notice.bouncedAt} /> {notice.bounceStatus}
          </Text>
        )}
      </>
    );
  }
  if (need === null) return '—';
  if (!may) return words('notYet');
  return (
    <ActButton
      size="compact-xs"
      label={words('notifyOne')}
      text={words('one', { customer: `${customerNumber}(${customerId})` })}
      reason="optional"
      act={post}
      onConfirm={(reason) =>
        post.act({
          params: { merchant },
          body: { need, customerIds: [customerId], confirmed: 1, reason: orNull(reason) },
        })
      }
    />
  );
}
