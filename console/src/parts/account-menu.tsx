import { ActionIcon, Menu, Text } from '@mantine/core';
import { IconUser } from '@tabler/icons-react';
import { useState } from 'react';
import { defineWords, LANGUAGE_NAMES, LANGUAGES, useLanguage } from '../language.ts';
import { useLogOut, useLogOutEverywhere, useSession } from '../session.tsx';
import { ActDialog } from './act-dialog.tsx';
import { LaterChangePassword } from './password-due.tsx';

const useWords = defineWords('account-menu', {
  ja: {
    account: 'アカウント',
    change: 'パスワードを変更する',
    everywhere: 'すべてのブラウザーからログアウトする',
    everywhereText:
      'このブラウザーも含めて、あなたのログインをすべて終わらせます。パスワードはそのままです。知られた恐れがあるときは、パスワードを変更してください。',
    keys: 'キーボード操作',
    logOut: 'ログアウト',
  },
  en: {
    account: 'Account',
    change: 'Change the password',
    everywhere: 'Log out everywhere',
    everywhereText:
      'All your logins end, this one too. The password stays: where somebody may know it, change it.',
    keys: 'Keyboard',
    logOut: 'Log out',
  },
});

/** What a person can do about their own login. */
export function AccountMenu({ onKeys }: { readonly onKeys?: () => void }) {
  const words = useWords();
  const { person } = useSession();
  const { language, choose } = useLanguage();
  const logOut = useLogOut();
  const everywhere = useLogOutEverywhere();
  const [asked, setAsked] = useState<'change' | 'everywhere' | null>(null);
  const close = () => setAsked(null);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label={words('account')}>
            <IconUser size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{person?.name ?? person?.actor}</Menu.Label>
          {/* Where the window is too narrow for the switch beside this menu. */}
          {LANGUAGES.filter((one) => one !== language).map((one) => (
            <Menu.Item key={one} hiddenFrom="sm" lang={one} onClick={() => choose(one)}>
              {LANGUAGE_NAMES[one]}
            </Menu.Item>
          ))}
          <Menu.Item onClick={() => setAsked('change')}>{words('change')}</Menu.Item>
          <Menu.Item onClick={() => setAsked('everywhere')}>{words('everywhere')}</Menu.Item>
          {onKeys !== undefined && (
            <Menu.Item onClick={onKeys} rightSection="?">
              {words('keys')}
            </Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item onClick={() => void logOut()}>{words('logOut')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <LaterChangePassword opened={asked === 'change'} onClose={close} />
      <ActDialog
        opened={asked === 'everywhere'}
        onClose={close}
        title={words('everywhere')}
        confirm={words('everywhere')}
        reason="none"
        acting={everywhere.acting}
        problem={everywhere.problem}
        onConfirm={() => void everywhere.logOut()}
      >
        <Text size="sm">{words('everywhereText')}</Text>
      </ActDialog>
    </>
  );
}
