import { PasswordInput, Text } from '@mantine/core';
import { useState } from 'react';
import { SHORTEST_PASSWORD } from '../../../billing/password.ts';
import { defineWords } from '../language.ts';
import { useChangePassword } from '../session.tsx';
import { ActDialog } from './act-dialog.tsx';

const useWords = defineWords('change-password', {
  ja: {
    title: 'パスワードを変更する',
    text: 'このブラウザーではログインしたままです。ほかのブラウザーではログアウトします。',
    current: '今のパスワード',
    next: '新しいパスワード',
    hint: '{{n}}文字以上。ログイン名を含まない、ほかで使っていないもの。',
    short: '{{n}}文字以上にしてください。',
    again: '新しいパスワード(もう一度)',
    other: '同じものを入力してください。',
  },
  en: {
    title: 'Change the password',
    text: 'This browser stays logged in; all others are logged out.',
    current: 'Present password',
    next: 'New password',
    hint: '{{n}} characters at least, without your login name, used nowhere else.',
    short: '{{n}} characters at least.',
    again: 'New password once more',
    other: 'That is not the same.',
  },
});

const fields = { current: '', next: '', again: '' };
type Field = keyof typeof fields;

/** A person's own password. It is nowhere but in the fields until it is sent. */
export function ChangePassword({
  opened,
  onClose,
}: {
  readonly opened: boolean;
  readonly onClose: () => void;
}) {
  const words = useWords();
  const { act, acting, problem, forget } = useChangePassword();
  const [typed, setTyped] = useState(fields);
  const { current, next, again } = typed;
  const n = SHORTEST_PASSWORD;
  const short = [...next].length < n;
  const close = () => {
    setTyped(fields);
    forget();
    onClose();
  };
  const input = (name: Field, error: string | false, autoComplete: string) => (
    <PasswordInput
      label={words(name)}
      required
      autoComplete={autoComplete}
      value={typed[name]}
      error={typed[name] !== '' && error}
      {...(name === 'next' ? { description: words('hint', { n }) } : {})}
      {...(name === 'current' ? { 'data-autofocus': true } : {})}
      onChange={(event) => setTyped({ ...typed, [name]: event.currentTarget.value })}
    />
  );
  return (
    <ActDialog
      opened={opened}
      onClose={close}
      title={words('title')}
      confirm={words('title')}
      reason="none"
      acting={acting}
      problem={problem}
      disabled={current === '' || short || next !== again}
      onConfirm={() =>
        void act({ body: { current, next } }).then((done) => {
          if (done !== null) close();
        })
      }
    >
      <Text size="sm">{words('text')}</Text>
      {input('current', false, 'current-password')}
      {input('next', short && words('short', { n }), 'new-password')}
      {input('again', next !== again && words('other'), 'new-password')}
    </ActDialog>
  );
}
