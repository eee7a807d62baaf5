import { Button, type ButtonProps, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { ApiProblem } from '../../../api/client/api-problem.ts';
import { ActDialog } from './act-dialog.tsx';

/** A button that asks once more what it is about to do, and does it. */
export function ActButton({
  label,
  title = label,
  text,
  reason,
  danger = false,
  disabled = false,
  incomplete = false,
  act,
  onConfirm,
  children,
  ...style
}: {
  readonly label: string;
  readonly title?: string;
  /** What will happen. */
  readonly text: string;
  readonly reason: 'required' | 'optional' | 'none';
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** What stands in the dialog cannot be sent yet. */
  readonly incomplete?: boolean;
  readonly act: {
    readonly acting: boolean;
    readonly problem: ApiProblem | null;
    readonly forget: () => void;
  };
  /** @returns null when it was not done: the dialog stays and shows why */
  readonly onConfirm: (reason: string) => Promise<unknown>;
  readonly children?: ReactNode;
} & Pick<ButtonProps, 'size' | 'variant' | 'leftSection'>) {
  const [opened, setOpened] = useState(false);
  const close = () => {
    setOpened(false);
    act.forget();
  };
  return (
    <>
      <Button
        variant="default"
        disabled={disabled}
        {...(danger ? { color: 'red' } : {})}
        {...style}
        onClick={() => setOpened(true)}
      >
        {label}
      </Button>
      <ActDialog
        opened={opened}
        onClose={close}
        title={title}
        confirm={label}
        danger={danger}
        reason={reason}
        acting={act.acting}
        problem={act.problem}
        disabled={incomplete}
        onConfirm={(words) =>
          void onConfirm(words).then((done) => {
            if (done !== null) close();
          })
        }
      >
        <Text size="sm">{text}</Text>
        {children}
      </ActDialog>
    </>
  );
}

/** The reason of an act that may go without one, as the API takes it. */
export const orNull = (reason: string): string | null => (reason === '' ? null : reason);
