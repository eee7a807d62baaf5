import { ActionIcon, Anchor, Button, Group, Indicator, Popover, Stack, Text } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useAct, useRead } from './api.ts';
import { defineWords } from './language.ts';
import { Instant } from './parts/figures.tsx';
import { useMerchant } from './places.ts';

const useWords = defineWords('notice-bell', {
  ja: {
    open: 'お知らせ(未読 {{n}} 件)',
    none: '未読のお知らせはありません。',
    all: 'すべてのお知らせ',
    read: 'すべて既読にする',
  },
  en: {
    open: 'Notices ({{n}} unread)',
    none: 'No unread notices.',
    all: 'All notices',
    read: 'Mark all as read',
  },
});

export function NoticeBell() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const [opened, setOpened] = useState(false);
  const { data } = useRead(
    'listNotices',
    { params: { merchant }, query: { unread: 'true', limit: 8 } },
    { everyMs: 15_000 },
  );
  const markRead = useAct('markNoticesRead');
  const unread = data?.unread ?? 0;
  return (
    <Popover opened={opened} onChange={setOpened} width={420} position="bottom-end" trapFocus>
      <Indicator disabled={unread === 0} label={unread > 99 ? '99+' : unread} size={18} color="red">
        <Popover.Target>
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={words('open', { n: unread })}
            onClick={() => setOpened(!opened)}
          >
            <IconBell size={18} aria-hidden />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown>
        <Stack gap="sm">
          {data?.notices.map(({ key, subject, link, postedAt }) => (
            <Stack key={key} gap={0}>
              <Anchor
                component={Link}
                size="sm"
                to={link === null ? place('notices') : place(link)}
                onClick={() => {
                  setOpened(false);
                  void markRead.act({ params: { merchant }, body: { keys: [key] } });
                }}
              >
                {subject}
              </Anchor>
              <Text size="xs" c="dimmed">
                <Instant at={postedAt} />
              </Text>
            </Stack>
          ))}
          {unread === 0 && <Text size="sm">{words('none')}</Text>}
          <Group justify="space-between">
            <Anchor
              component={Link}
              to={place('notices')}
              size="sm"
              onClick={() => setOpened(false)}
            >
              {words('all')}
            </Anchor>
            {unread > 0 && (
              <Button
                size="xs"
                variant="default"
                loading={markRead.acting}
                onClick={() => void markRead.act({ params: { merchant }, body: { keys: null } })}
              >
                {words('read')}
              </Button>
            )}
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
