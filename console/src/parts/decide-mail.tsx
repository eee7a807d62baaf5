import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ActButton } from './act-button.tsx';

const useWords = defineWords('decide-mail', {
  ja: {
    sent: '届いていたので送信済みにする',
    sentText:
      '受信者に確かめたうえで、送信済みとして記録します。このメールはもう送りません。理由には、誰に確かめたかを書いてください(アドレスや氏名は書かない)。',
    again: 'もう一度送信する',
    againText:
      '同じメールをもう一度送ります。前の送信が届いていた場合、受信者には2通届きます(Message-IDは同じです)。',
  },
  en: {
    sent: 'It arrived: mark as sent',
    sentText: 'Once the reader has been asked: it is recorded as sent and never sent again.',
    again: 'Send it again',
    againText:
      'The same mail leaves again, with the same Message-ID. If the first one arrived, the reader has two.',
  },
});

/** What a person says of a mail of which nobody knows whether it left. */
export function DecideMail({ mail }: { readonly mail: string }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const sent = useAct('decideMail');
  const again = useAct('decideMail');
  if (!may) return null;
  const params = { merchant, key: mail };
  return (
    <>
      <ActButton
        label={words('sent')}
        text={words('sentText')}
        reason="required"
        act={sent}
        onConfirm={(reason) => sent.act({ params, body: { outcome: 'sent', reason } })}
      />
      <ActButton
        label={words('again')}
        text={words('againText')}
        reason="required"
        act={again}
        onConfirm={(reason) => again.act({ params, body: { outcome: 'send_again', reason } })}
      />
    </>
  );
}
