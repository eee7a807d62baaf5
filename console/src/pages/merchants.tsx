import { Anchor, Container, Paper, Stack, Text } from '@mantine/core';
import { Link, Navigate } from 'react-router';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { merchantPlace } from '../places.ts';
import { useSession } from '../session.tsx';

const useWords = defineWords('merchants', {
  ja: {
    title: '加盟店',
    none: '見られる加盟店がありません。管理者に権限を依頼してください。',
  },
  en: { title: 'Merchants', none: 'No merchant to see: ask an administrator for the right.' },
});

/** The first page: who has one merchant is led to it at once. */
function MerchantsPage() {
  const words = useWords();
  const { state } = useSession();
  const merchants = useRead('listMerchants', {}, { enabled: state === 'in' });
  if (state === 'out') return <Navigate to="/login" replace />;
  const [only, another] = merchants.data?.merchants ?? [];
  if (only !== undefined && another === undefined) {
    return <Navigate to={merchantPlace(only.merchant)} replace />;
  }
  return (
    <Container component="main" size="sm" py="xl">
      <Page title={words('title')}>
        <Loaded read={merchants}>
          {({ merchants: found }) =>
            found.length === 0 ? (
              <Empty>{words('none')}</Empty>
            ) : (
              <Stack>
                {found.map(({ merchant, name }) => (
                  <Paper key={merchant} withBorder p="md">
                    <Anchor component={Link} to={merchantPlace(merchant)} fw={600}>
                      {name}
                    </Anchor>
                    <Text size="sm" c="dimmed">
                      {merchant}
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
