import {
  ActionIcon,
  AppShell,
  Badge,
  Burger,
  Group,
  NavLink,
  SegmentedControl,
  Text,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMoon, IconSun } from '@tabler/icons-react';
import { Link, Navigate, Outlet, useLocation } from 'react-router';
import { useRead } from './api.ts';
import { defineWords, LANGUAGE_NAMES, LANGUAGES, type Language, useLanguage } from './language.ts';
import { MerchantSwitch } from './merchant-switch.tsx';
import { navigation, useNavigationWords } from './navigation.ts';
import { NoticeBell } from './notice-bell.tsx';
import { AccountMenu } from './parts/account-menu.tsx';
import { Instant } from './parts/figures.tsx';
import { PasswordDue } from './parts/password-due.tsx';
import { useMerchant } from './places.ts';
import { useMayEverywhere, useSession } from './session.tsx';
import { Shortcuts } from './shortcuts.tsx';

const useWords = defineWords('shell', {
  ja: {
    skip: '本文へ移動',
    menu: 'メニューを開閉する',
    pages: 'ページ',
    language: '表示言語',
    dark: '暗い配色にする',
    light: '明るい配色にする',
    practice: '練習用',
  },
  en: {
    skip: 'Skip to the content',
    menu: 'Open or close the menu',
    pages: 'Pages',
    language: 'Language',
    dark: 'Use dark colours',
    light: 'Use light colours',
    practice: 'Practice',
  },
});

/** What surrounds every page of a merchant. */
export function Shell() {
  const words = useWords();
  const { state } = useSession();
  const { pathname, search } = useLocation();
  const [opened, { toggle, close }] = useDisclosure();
  const [keys, { open: showKeys, close: hideKeys }] = useDisclosure();
  const mayCreate = useMayEverywhere('admin');
  if (state === 'asking') return null;
  if (state === 'out') {
    return <Navigate to="/login" replace state={{ from: pathname + search }} />;
  }
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding="lg"
    >
      <AppShell.Header>
        <a className="skip-link" href="#content">
          {words('skip')}
        </a>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap" miw={0}>
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={words('menu')}
            />
            <Text
              component={Link}
              to={mayCreate ? '/?all' : '/'}
              fw={700}
              c="inherit"
              td="none"
              style={{ whiteSpace: 'nowrap' }}
            >
              月極
            </Text>
            <MerchantSwitch />
            <BusinessClock visibleFrom="md" />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <NoticeBell />
            <Preferences onKeys={showKeys} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" className="scrolls" aria-label={words('pages')}>
        <BusinessClock hiddenFrom="md" />
        <Navigation onChoose={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <PasswordDue />
        <Outlet />
      </AppShell.Main>
      <Shortcuts opened={keys} onOpen={showKeys} onClose={hideKeys} />
    </AppShell>
  );
}

function Navigation({ onChoose }: { readonly onChoose: () => void }) {
  const words = useNavigationWords();
  const { place } = useMerchant();
  const { pathname } = useLocation();
  return (
    <>
      {navigation.map(({ word, steps, icon: Icon }) => {
        const to = place(...steps);
        const here = pathname === to || (steps.length > 0 && pathname.startsWith(`${to}/`));
        return (
          <NavLink
            key={word}
            component={Link}
            to={to}
            label={words(word)}
            leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
            active={here}
            variant="filled"
            aria-current={here ? 'page' : undefined}
            onClick={onChoose}
          />
        );
      })}
    </>
  );
}

/** A sandbox lives in a time of its own: whoever practises must see which. */
function BusinessClock(where: { readonly visibleFrom?: 'md'; readonly hiddenFrom?: 'md' }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const { data } = useRead('readMerchant', { params: { merchant } }, { everyMs: 30_000 });
  if (data?.kind !== 'sandbox') return null;
  return (
    <Group gap={6} wrap="nowrap" pb={where.hiddenFrom === undefined ? 0 : 'xs'} {...where}>
      <Badge color="gray" variant="outline">
        {words('practice')}
      </Badge>
      <Text size="sm" c="dimmed">
        <Instant at={data.businessNow} />
      </Text>
    </Group>
  );
}

function Preferences({ onKeys }: { readonly onKeys: () => void }) {
  const words = useWords();
  const { language, choose } = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark =
    colorScheme === 'dark' ||
    (colorScheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={words('language')}
        value={language}
        data={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
        onChange={(value) => choose(value as Language)}
        visibleFrom="sm"
      />
      <ActionIcon
        variant="default"
        size="lg"
        aria-label={dark ? words('light') : words('dark')}
        onClick={() => setColorScheme(dark ? 'light' : 'dark')}
      >
        {dark ? <IconSun size={18} aria-hidden /> : <IconMoon size={18} aria-hidden />}
      </ActionIcon>
      <AccountMenu onKeys={onKeys} />
    </>
  );
}
