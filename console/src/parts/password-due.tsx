import { Alert, Button, Group, Text } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { defineWords } from '../language.ts';
import { useSession } from '../session.tsx';

const useWords = defineWords('password-due', {
  ja: {
    title: 'パスワードを変更する',
    due: '今のパスワードは、ほかの人が決めたものです。あなただけが知っているものに変えてください。',
  },
  en: {
    title: 'Change the password',
    due: 'Somebody else chose your password. Change it to one that only you know.',
  },
});

/** Comes when it is asked for: it would be loaded before every page otherwise. */
const ChangePassword = lazy(async () => ({
  default: (await import('./change-password.tsx')).ChangePassword,
}));

/** The dialog, once somebody has asked for it. */
export function LaterChangePassword(props: {
  readonly opened: boolean;
  readonly onClose: () => void;
}) {
  const [asked, setAsked] = useState(false);
  if (props.opened && !asked) setAsked(true);
  return (
    asked && (
      <Suspense fallback={null}>
        <ChangePassword {...props} />
      </Suspense>
    )
  );
}

/** Asked for at every page until it is done: a password that two people know proves nobody. */
export function PasswordDue() {
  const words = useWords();
  const { person } = useSession();
  const [opened, setOpened] = useState(false);
  if (person?.passwordChangeDue !== true) return null;
  return (
    <Alert color="yellow" variant="outline" mb="md" role="status" className="no-print">
      <Group justify="space-between">
        <Text size="sm">{words('due')}</Text>
        <Button size="xs" variant="default" onClick={() => setOpened(true)}>
          {words('title')}
        </Button>
      </Group>
      <LaterChangePassword opened={opened} onClose={() => setOpened(false)} />
    </Alert>
  );
}
