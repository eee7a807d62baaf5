import { Badge, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActButton } from '../parts/act-button.tsx';
import { Instant } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('allowed-hosts', {
  ja: {
    title: '接続を許可した社内ホスト',
    settings: '設定',
    hint: 'インターネットから見えるホスト(注文CSVの取得先、送信先など)は、ここに登録しなくても接続できます。VPN の先など、社内のアドレスに接続するときだけ許可してください。',
    host: 'ホスト名かアドレス',
    hostHint: 'ポート番号は書きません。設定に書いたものと同じ名前で。',
    state: '状態',
    allowed: '許可',
    disallowed: '取り消し済み',
    reason: '理由',
    when: '日時',
    who: '操作した人',
    acts: '操作',
    none: '許可した社内ホストはありません。',
    allow: '許可する',
    allowText:
      'このホストが社内のアドレスでも、設定に書かれた接続先として接続します。クラウドの管理用アドレスなどには、許可しても接続しません。',
    again: 'もう一度許可する',
    disallow: '許可を取り消す',
    disallowText:
      '{{host}} には、社内のアドレスであるかぎり接続しなくなります。設定はそのままなので、次の接続は失敗します。',
  },
  en: {
    title: 'Private hosts that may be called',
    settings: 'Settings',
    hint: 'Hosts with a public address (order sources, endpoints) need no entry. Allow only what lies in a private network, such as behind a VPN.',
    host: 'Host name or address',
    hostHint: 'Without a port; by the name that stands in the settings.',
    state: 'State',
    allowed: 'Allowed',
    disallowed: 'Taken back',
    reason: 'Reason',
    when: 'When',
    who: 'By',
    acts: 'Acts',
    none: 'No private host is allowed.',
    allow: 'Allow a host',
    allowText:
      'It is called where the settings name it, although its address is private. Addresses by which clouds are managed are never called.',
    again: 'Allow again',
    disallow: 'Take back',
    disallowText:
      '{{host}} is not called any more while its address is private. The settings stay: the next connection fails.',
  },
});

type Host = NonNullable<Read<'listAllowedHosts'>['data']>['hosts'][number];

/** As the API takes it; it says why where it does not. */
const hostPattern = /^[a-z0-9.:-]{1,253}$/;

function AllowedHostsPage() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const read = useRead('listAllowedHosts', { params: { merchant } });
  return (
    <Page
      title={words('title')}
      above={[{ to: place('settings'), title: words('settings') }]}
      actions={read.error === null && <AllowHost />}
    >
      <Text size="sm">{words('hint')}</Text>
      <Loaded read={read}>
        {({ hosts }) => (
          <ListTable
            label={words('title')}
            rows={hosts}
            keyOf={({ host }) => host}
            none={words('none')}
            columns={[
              { title: words('host'), cell: ({ host }) => host },
              {
                title: words('state'),
                cell: ({ allowed }) => (
                  <Badge variant="outline" color={allowed ? 'indigo' : 'gray'}>
                    {words(allowed ? 'allowed' : 'disallowed')}
                  </Badge>
                ),
              },
              { title: words('reason'), cell: ({ reason }) => reason },
              { title: words('when'), cell: ({ setAt }) => <Instant at={setAt} /> },
              { title: words('who'), cell: ({ setBy }) => setBy },
              { title: words('acts'), cell: (host) => <SwitchHost host={host} /> },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}

function SwitchHost({ host: { host, allowed } }: { readonly host: Host }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const set = useAct('setAllowedHost');
  return (
    <ActButton
      label={words(allowed ? 'disallow' : 'again')}
      title={`${words(allowed ? 'disallow' : 'again')}: ${host}`}
      text={allowed ? words('disallowText', { host }) : words('allowText')}
      size="xs"
      danger={allowed}
      variant="outline"
      reason="required"
      act={set}
      onConfirm={(reason) =>
        set.act({ params: { merchant, host }, body: { allowed: !allowed, reason } })
      }
    />
  );
}

function AllowHost() {
  const words = useWords();
  const { merchant } = useMerchant();
  const set = useAct('setAllowedHost');
  const [typed, setTyped] = useState('');
  const host = typed.trim().toLowerCase();
  const wrong = !hostPattern.test(host);
  return (
    <ActButton
      label={words('allow')}
      text={words('allowText')}
      variant="filled"
      reason="required"
      incomplete={wrong}
      act={set}
      onConfirm={async (reason) => {
        const done = await set.act({ params: { merchant, host }, body: { allowed: true, reason } });
        if (done !== null) setTyped('');
        return done;
      }}
    >
      <TextInput
        label={words('host')}
        description={words('hostHint')}
        required
        data-autofocus
        value={typed}
        error={typed !== '' && wrong && words('hostHint')}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
    </ActButton>
  );
}

export const route = { Component: AllowedHostsPage };
