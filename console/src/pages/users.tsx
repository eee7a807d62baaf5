import { PasswordInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Grant } from '../../../billing/role.ts';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActButton, orNull } from '../parts/act-button.tsx';
import { Instant } from '../parts/figures.tsx';
import { GrantFields, useGrantWords } from '../parts/grant-fields.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { UserActs } from '../parts/user-acts.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('users', {
  ja: {
    title: '利用者',
    login: 'ログイン名',
    name: '名前',
    grant: 'この加盟店での権限',
    everywhere: '全加盟店での権限',
    state: '状態',
    active: '利用中',
    disabled: '停止中: ',
    none: '利用者はまだいません。',
    create: '利用者を登録する',
    createText:
      '登録した人はすぐにログインできます。最初のログインの後、パスワードを変えるよう案内されます。',
    loginHint: '3〜64文字。a-z、0-9、. _ @ + -',
    firstPassphrase: '最初のパスワード',
    acts: '操作',
  },
  en: {
    title: 'Users',
    login: 'Login',
    name: 'Name',
    grant: 'At this merchant',
    everywhere: 'At all merchants',
    state: 'State',
    active: 'Active',
    disabled: 'Disabled: ',
    none: 'No user yet.',
    create: 'Create a user',
    createText: 'They may log in at once, and are asked to change the password then.',
    loginHint: '3 to 64 of a-z, 0-9 and . _ @ + -',
    firstPassphrase: 'First password',
    acts: 'Acts',
  },
});

export type User = NonNullable<Read<'listMerchantUsers'>['data']>['users'][number];

function UsersPage() {
  const words = useWords();
  const grants = useGrantWords();
  const { merchant } = useMerchant();
  const read = useRead('listMerchantUsers', { params: { merchant } });
  const text = (grant: User['grant']) =>
    grant === null
      ? '—'
      : [grants(grant.role), ...grant.rights.map((one) => grants(one))].join('、');
  return (
    <Page title={words('title')} actions={read.error === null && <CreateUser />}>
      <Loaded read={read}>
        {({ users }) => (
          <ListTable
            label={words('title')}
            rows={users}
            keyOf={({ login }) => login}
            none={words('none')}
            columns={[
              { title: words('login'), cell: ({ login }) => login },
              { title: words('name'), cell: ({ name }) => name },
              { title: words('grant'), cell: ({ grant }) => text(grant) },
              { title: words('everywhere'), cell: ({ everywhere }) => text(everywhere) },
              {
                title: words('state'),
                cell: ({ disabledAt }) =>
                  disabledAt === null ? (
                    words('active')
                  ) : (
                    <>
                      {words('disabled')}
                      <Instant at={disabledAt} />
                    </>
                  ),
              },
              { title: words('acts'), cell: (user) => <UserActs user={user} /> },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}

function CreateUser() {
  const words = useWords();
  const { merchant } = useMerchant();
  const create = useAct('createUser');
  const [login, setLogin] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [grant, setGrant] = useState<Grant>({ role: 'operator', rights: [] });
  return (
    <ActButton
      label={words('create')}
      text={words('createText')}
      variant="filled"
      reason="optional"
      incomplete={login === '' || name.trim() === '' || password === ''}
      act={create}
      onConfirm={async (reason) => {
        const merchants = [{ merchant, role: grant.role, rights: [...grant.rights] }];
        const body = { login, name, password, merchants, reason: orNull(reason) };
        const done = await create.act({ body });
        if (done !== null) setPassword('');
        return done;
      }}
    >
      <TextInput
        label={words('login')}
        description={words('loginHint')}
        required
        data-autofocus
        value={login}
        onChange={(event) => setLogin(event.currentTarget.value.toLowerCase())}
      />
      <TextInput
        label={words('name')}
        required
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label={words('firstPassphrase')}
        required
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <GrantFields grant={grant} onChange={(next) => next !== null && setGrant(next)} />
    </ActButton>
  );
}

export const route = { Component: UsersPage };
