import { Anchor, Container, Group, Paper, Stack, Text } from '@mantine/core';
import { Link, Navigate, useSearchParams } from 'react-router';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { AccountMenu } from '../parts/account-menu.tsx';
import { CreateMerchant } from '../parts/create-merchant.tsx';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { PasswordDue } from '../parts/password-due.tsx';
import { merchantPlace } from '../places.ts';
import { useMayEverywhere, useSession } from '../session.tsx';

const useWords = defineWords('merchants', {
  ja: {
    title: '加盟店',
    none: '見られる加盟店がありません。管理者に権限を依頼してください。',
    noneYet: '加盟店はまだありません。最初の加盟店を登録してください。',
    sandbox: '練習用',
  },
  en: {
    title: 'Merchants',
    none: 'No merchant to see: ask an administrator for the right.',
    noneYet: 'No merchant yet. Create the first one.',
    sandbox: 'Practice',
  },
});

/** The first page: who has one merchant is led to it at once, unless the list itself is asked for. */
function MerchantsPage() {
  const words = useWords();
  const { state } = useSession();
  const mayCreate = useMayEverywhere('admin');
  const [search] = useSearchParams();
  const merchants = useRead('listMerchants', {}, { enabled: state === 'in' });
  if (state === 'out') return <Navigate to="/login" replace />;
  const [only, another] = merchants.data?.merchants ?? [];
  if (only !== undefined && another === undefined && !search.has('all')) {
    return <Navigate to={merchantPlace(only.merchant)} replace />;
  }
  return (
    <Container component="main" size="sm" py="xl">
      <Group justify="flex-end">
        <AccountMenu />
      </Group>
      <PasswordDue />
      <Page title={words('title')} actions={mayCreate && <CreateMerchant />}>
        <Loaded read={merchants}>
          {({ merchants: found }) =>
            found.length === 0 ? (
              <Empty>{words(mayCreate ? 'noneYet' : 'none')}</Empty>
            ) : (
              <Stack>
                {found.map(({ merchant, name, kind }) => (
                  <Paper key={merchant} withBorder p="md">
                    <Anchor component={Link} to={merchantPlace(merchant)} fw={600}>
                      {name}
                    </Anchor>
                    <Text size="sm" c="dimmed">
                      {merchant} {kind === 'sandbox' && words('sandbox')}
                    </Text>
                  </Paper>
                ))}
              </Stack>
            )
          }
        </Loaded>
      </Page>
    </Container>
  );
}

export const route = { Component: MerchantsPage };
