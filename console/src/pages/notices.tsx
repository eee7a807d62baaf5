import { Anchor, Badge, Button, Group, Paper, Stack, Switch, Text } from '@mantine/core';
import { Link, useSearchParams } from 'react-router';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Instant } from '../parts/figures.tsx';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { mailWorkflow } from '../workflow-names.ts';

const useWords = defineWords('notices', {
  ja: {
    title: 'お知らせ',
    unreadOnly: '未読だけ',
    unread: '未読',
    read: 'すべて既読にする',
    none: 'お知らせはありません。人の対応が必要になると、ここに届きます。',
    open: '対応する画面へ',
    older: '古いお知らせ',
    mails: 'メールの送信',
  },
  en: {
    title: 'Notices',
    unreadOnly: 'Unread only',
    unread: 'unread',
    read: 'Mark all as read',
    none: 'No notices. What needs a person arrives here.',
    open: 'Go to the page',
    older: 'Older notices',
    mails: 'the sending of mails',
  },
});

function NoticesPage() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const [search, setSearch] = useSearchParams();
  const unread = search.get('unread') === 'true';
  const before = search.get('before') ?? undefined;
  const notices = useRead('listNotices', {
    params: { merchant },
    query: { unread: unread ? 'true' : 'false', before },
  });
  const markRead = useAct('markNoticesRead');
  return (
    <Page
      title={words('title')}
      actions={
        <Group>
          <WorkflowLink workflowId={mailWorkflow(merchant)} of={words('mails')} />
          <Switch
            label={words('unreadOnly')}
            checked={unread}
            onChange={(event) => setSearch(event.currentTarget.checked ? { unread: 'true' } : {})}
          />
          <Button
            variant="default"
            loading={markRead.acting}
            onClick={() => void markRead.act({ params: { merchant }, body: { keys: null } })}
          >
            {words('read')}
          </Button>
        </Group>
      }
    >
      <ProblemNote problem={markRead.problem} />
      <Loaded read={notices}>
        {({ notices: found, nextBefore }) => (
          <Stack>
            {found.length === 0 && <Empty>{words('none')}</Empty>}
            {found.map(({ key, subject, text, link, postedAt, readAt }) => (
              <Paper key={key} withBorder p="md">
                <Group justify="space-between">
                  <Text fw={600}>{subject}</Text>
                  <Group gap="xs">
                    {readAt === null && <Badge color="red">{words('unread')}</Badge>}
                    <Text size="sm" c="dimmed">
                      <Instant at={postedAt} />
                    </Text>
                  </Group>
                </Group>
                <Text size="sm" style={{ whiteSpace: 'pre-line' }}>
                  {text}
                </Text>
                {link !== null && (
                  <Anchor component={Link} to={place(link)} size="sm">
                    {words('open')}
                  </Anchor>
                )}
              </Paper>
            ))}
            {nextBefore !== null && (
              <Button
                variant="default"
                onClick={() =>
                  setSearch({ ...(unread ? { unread: 'true' } : {}), before: nextBefore })
                }
              >
                {words('older')}
              </Button>
            )}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

export const route = { Component: NoticesPage };
