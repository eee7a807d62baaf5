import { Button, Group, Modal, Stack, Textarea } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { ApiProblem } from '../../../api/client/api-problem.ts';
import { defineWords } from '../language.ts';
import { useCloseButton } from './close-button.ts';
import { ProblemNote } from './problem-note.tsx';

const useWords = defineWords('act', {
  ja: {
    reason: '理由',
    reasonHint: '監査記録に残ります。個人情報は書かないでください。',
    cancel: 'やめる',
  },
  en: {
    reason: 'Reason',
    reasonHint: 'It is kept in the audit: no personal data.',
    cancel: 'Cancel',
  },
});

/** Asks once more before something happens, and for the words that the audit keeps. */
export function ActDialog({
  opened,
  onClose,
  title,
  confirm,
  danger = false,
  reason,
  acting,
  problem,
  onConfirm,
  disabled = false,
  children,
}: {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** The word on the button: what happens when it is pressed. */
  readonly confirm: string;
  readonly danger?: boolean;
  readonly reason: 'required' | 'optional' | 'none';
  readonly acting: boolean;
  readonly problem: ApiProblem | null;
  readonly onConfirm: (reason: string) => void;
  readonly disabled?: boolean;
  readonly children?: ReactNode;
}) {
  const words = useWords();
  const closeButton = useCloseButton();
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  const lacks = reason === 'required' && text.trim() === '';
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size="lg"
      centered
      closeButtonProps={closeButton}
      // The next intention begins without the words and the refusal of this one.
      onExitTransitionEnd={() => {
        setText('');
        setTried(false);
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (lacks || disabled) return;
          setTried(true);
          onConfirm(text.trim());
        }}
      >
        <Stack>
          {children}
          {reason !== 'none' && (
            <Textarea
              label={words('reason')}
              description={words('reasonHint')}
              required={reason === 'required'}
              maxLength={500}
              autosize
              minRows={2}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
          <ProblemNote problem={tried ? problem : null} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {words('cancel')}
            </Button>
            <Button
              type="submit"
              color={danger ? 'red' : 'indigo'}
              loading={acting}
              disabled={lacks || disabled}
            >
              {confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
