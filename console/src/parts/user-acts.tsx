import { Group, PasswordInput, Text } from '@mantine/core';
import { useState } from 'react';
import { SHORTEST_PASSWORD } from '../../../billing/password.ts';
import type { Grant } from '../../../billing/role.ts';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import type { User } from '../pages/users.tsx';
import { useMerchant } from '../places.ts';
import { useSession } from '../session.tsx';
import { ActButton } from './act-button.tsx';
import { GrantFields } from './grant-fields.tsx';

const useWords = defineWords('user-acts', {
  ja: {
    change: '権限を変える',
    changeTitle: '{{login}} の権限を変える',
    changeText: 'すぐに有効になります。ログイン中の人にも及びます。',
    reset: 'パスワードを設定し直す',
    resetTitle: '{{login}} のパスワードを設定し直す',
    resetText:
      '{{login}} のログインはすべて終わります。新しいパスワードは、本人だけに伝えてください。次のログインで、本人が決めたものに変えるよう案内されます。',
    next: '新しいパスワード',
    hint: '{{n}}文字以上。ログイン名を含まないもの。',
    logOut: 'ログアウトさせる',
    logOutTitle: '{{login}} をすべてのブラウザーからログアウトさせる',
    logOutText:
      '{{login}} のログインをすべて終わらせます。パスワードはそのままで、すぐにまたログインできます。',
    disable: '停止する',
    disableText: '{{login}} はログインできなくなり、ログイン中のものも終わります。',
    enable: '停止を解く',
    enableText: '{{login}} はまたログインできます。',
    self: '自分のパスワードとログアウトは、右上のアカウントから。',
  },
  en: {
    change: 'Change',
    changeTitle: 'What {{login}} may do',
    changeText: 'It holds at once, also for sessions that run.',
    reset: 'Reset the password',
    resetTitle: 'Reset the password of {{login}}',
    resetText:
      'All logins of {{login}} end. Tell the new password to nobody else; at the next login they are asked to choose their own.',
    next: 'New password',
    hint: '{{n}} characters at least, without the login name.',
    logOut: 'Log out',
    logOutTitle: 'Log {{login}} out everywhere',
    logOutText: 'All logins of {{login}} end. The password stays: they may log in again at once.',
    disable: 'Disable',
    disableText: '{{login}} cannot log in any more; sessions end.',
    enable: 'Enable',
    enableText: '{{login}} may log in again.',
    self: 'Your own password and logout: by the account, at the top right.',
  },
});

/** What an admin does about somebody; about themselves people act by the account menu. */
export function UserActs({ user }: { readonly user: User }) {
  const words = useWords();
  const { person } = useSession();
  const own = person?.actor === user.login;
  return (
    <Group gap={4}>
      <ChangeGrant user={user} />
      {own ? (
        <Text size="xs">{words('self')}</Text>
      ) : (
        <>
          <ResetPassword login={user.login} />
          <LogOutUser login={user.login} />
          <SwitchUser user={user} />
        </>
      )}
    </Group>
  );
}

function ChangeGrant({ user }: { readonly user: User }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const change = useAct('grantUser');
  const { login } = user;
  const [grant, setGrant] = useState<Grant | null>(user.grant);
  return (
    <ActButton
      label={words('change')}
      title={words('changeTitle', { login })}
      text={words('changeText')}
      size="xs"
      reason="required"
      act={change}
      onConfirm={(reason) =>
        change.act({
          params: { merchant, user: login },
          body: {
            grant: grant === null ? null : { role: grant.role, rights: [...grant.rights] },
            reason,
          },
        })
      }
    >
      <GrantFields grant={grant} onChange={setGrant} mayTakeAway />
    </ActButton>
  );
}

function ResetPassword({ login }: { readonly login: string }) {
  const words = useWords();
  const reset = useAct('resetPassword');
  const [password, setPassword] = useState('');
  const forget = () => {
    setPassword('');
    reset.forget();
  };
  return (
    <ActButton
      label={words('reset')}
      title={words('resetTitle', { login })}
      text={words('resetText', { login })}
      size="xs"
      reason="required"
      incomplete={[...password].length < SHORTEST_PASSWORD}
      act={{ ...reset, forget }}
      onConfirm={(reason) => reset.act({ params: { user: login }, body: { password, reason } })}
    >
      <PasswordInput
        label={words('next')}
        description={words('hint', { n: SHORTEST_PASSWORD })}
        required
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
    </ActButton>
  );
}

function LogOutUser({ login }: { readonly login: string }) {
  const words = useWords();
  const end = useAct('logOutUser');
  return (
    <ActButton
      label={words('logOut')}
      title={words('logOutTitle', { login })}
      text={words('logOutText', { login })}
      size="xs"
      reason="required"
      act={end}
      onConfirm={(reason) => end.act({ params: { user: login }, body: { reason } })}
    />
  );
}

function SwitchUser({ user: { login, disabledAt } }: { readonly user: User }) {
  const words = useWords();
  const disable = useAct('disableUser');
  const enable = useAct('enableUser');
  const off = disabledAt !== null;
  const act = off ? enable : disable;
  return (
    <ActButton
      label={words(off ? 'enable' : 'disable')}
      text={words(off ? 'enableText' : 'disableText', { login })}
      size="xs"
      reason="required"
      danger={!off}
      variant="outline"
      act={act}
      onConfirm={(reason) => act.act({ params: { user: login }, body: { reason } })}
    />
  );
}
