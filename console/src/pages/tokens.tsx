import { Alert, Code, NumberInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Grant } from '../../../billing/role.ts';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActButton } from '../parts/act-button.tsx';
import { Instant } from '../parts/figures.tsx';
import { GrantFields, useGrantWords } from '../parts/grant-fields.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('tokens', {
  ja: {
    title: 'トークン',
    actor: '使う人・プログラム',
    grant: '権限',
    merchants: '加盟店',
    all: 'すべて',
    created: '発行',
    expires: '期限',
    revoked: '失効',
    none: 'トークンはありません。プログラムから API を使うときに発行します。',
    create: 'トークンを発行する',
    createText: 'この加盟店だけで使えるトークンを発行します。値は1度しか表示されません。',
    days: '有効な日数',
    shownOnce: 'トークンの値(この画面を離れると、二度と表示されません)',
    revoke: '失効させる',
    revokeText: '{{actor}} のトークンはすぐに使えなくなります。元に戻せません。',
    acts: '操作',
  },
  en: {
    title: 'Tokens',
    actor: 'Who uses it',
    grant: 'May',
    merchants: 'Merchants',
    all: 'All',
    created: 'Created',
    expires: 'Expires',
    revoked: 'Revoked',
    none: 'No token. One is needed where a program uses the API.',
    create: 'Create a token',
    createText: 'It works at this merchant only. Its value is shown once.',
    days: 'Days it is good for',
    shownOnce: 'Value of the token (never shown again once you leave)',
    revoke: 'Revoke',
    revokeText: 'The token of {{actor}} stops working at once, for good.',
    acts: 'Acts',
  },
});

function TokensPage() {
  const words = useWords();
  const grants = useGrantWords();
  const { merchant } = useMerchant();
  const read = useRead('listTokens', {});
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Page
      title={words('title')}
      actions={read.error === null && <CreateToken merchant={merchant} onCreated={setSecret} />}
    >
      {secret !== null && (
        <Alert color="yellow" variant="outline" title={words('shownOnce')} role="status">
          <Code block>{secret}</Code>
        </Alert>
      )}
      <Loaded read={read}>
        {({ tokens }) => (
          <ListTable
            label={words('title')}
            rows={tokens}
            keyOf={({ tokenId }) => tokenId}
            none={words('none')}
            columns={[
              { title: words('actor'), cell: ({ actor }) => actor },
              {
                title: words('grant'),
                cell: ({ role, rights }) =>
                  [grants(role), ...rights.map((one) => grants(one))].join('、'),
              },
              {
                title: words('merchants'),
                cell: ({ allMerchants, merchants }) =>
                  allMerchants ? words('all') : merchants.join('、'),
              },
              { title: words('created'), cell: ({ createdAt }) => <Instant at={createdAt} /> },
              { title: words('expires'), cell: ({ expiresAt }) => <Instant at={expiresAt} /> },
              { title: words('revoked'), cell: ({ revokedAt }) => <Instant at={revokedAt} /> },
              {
                title: words('acts'),
                cell: ({ tokenId, actor, revokedAt }) =>
                  revokedAt === null ? <RevokeToken token={tokenId} actor={actor} /> : '—',
              },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}

function RevokeToken({ token, actor }: { readonly token: string; readonly actor: string }) {
  const words = useWords();
  const revoke = useAct('revokeToken');
  return (
    <ActButton
      label={words('revoke')}
      text={words('revokeText', { actor })}
      size="xs"
      danger
      variant="outline"
      reason="required"
      act={revoke}
      onConfirm={(reason) => revoke.act({ params: { token }, query: { reason } })}
    />
  );
}

function CreateToken({
  merchant,
  onCreated,
}: {
  readonly merchant: string;
  readonly onCreated: (secret: string) => void;
}) {
  const words = useWords();
  const create = useAct('createToken');
  const [actor, setActor] = useState('');
  const [days, setDays] = useState(365);
  const [grant, setGrant] = useState<Grant>({ role: 'operator', rights: [] });
  return (
    <ActButton
      label={words('create')}
      text={words('createText')}
      variant="filled"
      reason="none"
      incomplete={actor.trim() === ''}
      act={create}
      onConfirm={async () => {
        const { role, rights } = grant;
        const given = { actor, role, rights: [...rights], merchants: [merchant] };
        const done = await create.act({ body: { ...given, expiresInDays: days } });
        if (done !== null) onCreated(done.token);
        return done;
      }}
    >
      <TextInput
        label={words('actor')}
        required
        data-autofocus
        value={actor}
        onChange={(event) => setActor(event.currentTarget.value)}
      />
      <NumberInput
        label={words('days')}
        min={1}
        max={3660}
        value={days}
        onChange={(value) => setDays(Number(value))}
      />
      <GrantFields grant={grant} onChange={(next) => next !== null && setGrant(next)} />
    </ActButton>
  );
}

export const route = { Component: TokensPage };
