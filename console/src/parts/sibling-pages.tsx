import { Button, Group } from '@mantine/core';
import { Link, useLocation } from 'react-router';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';

const useWords = defineWords('sibling-pages', {
  ja: {
    'of-mails': 'メールのページ',
    mails: '送信メール',
    mailbox: 'メールボックス',
    'customer-mail-templates': '顧客メールの文面',
    'of-carriers': 'キャリア決済のページ',
    'carrier-results': '受信した結果',
    'carrier-calls': 'ゼウスからの呼び出し',
    'carrier-resend-tasks': '再送依頼',
    'send-errors': '送信エラー',
  },
  en: {
    'of-mails': 'Pages of mails',
    mails: 'Outgoing mails',
    mailbox: 'Mailbox',
    'customer-mail-templates': 'Mails to customers',
    'of-carriers': 'Pages of carrier payments',
    'carrier-results': 'Results',
    'carrier-calls': 'Calls of ZEUS',
    'carrier-resend-tasks': 'To be sent again',
    'send-errors': 'Send errors',
  },
});

const families = {
  'of-mails': ['mails', 'mailbox', 'customer-mail-templates'],
  'of-carriers': ['carrier-results', 'carrier-calls', 'carrier-resend-tasks', 'send-errors'],
} as const;

/** Pages that belong together, of which the menu does not have each. */
export function SiblingPages({ family }: { readonly family: keyof typeof families }) {
  const words = useWords();
  const { place } = useMerchant();
  const { pathname } = useLocation();
  return (
    <Group component="nav" gap="xs" className="no-print" aria-label={words(family)}>
      {families[family].map((page) => {
        const here = pathname === place(page);
        return (
          <Button
            key={page}
            component={Link}
            to={place(page)}
            size="xs"
            variant={here ? 'filled' : 'default'}
            aria-current={here ? 'page' : undefined}
          >
            {words(page)}
          </Button>
        );
      })}
    </Group>
  );
}
