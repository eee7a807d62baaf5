import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { defineWords } from '../language.ts';
import { useCloseButton } from './close-button.ts';

const useWords = defineWords('send-error-edit', {
  ja: {
    edit: '送信データ修正',
    edited: '✓ 修正あり',
    title: '{{order}} の送信データ修正',
    hint: '値だけを直せます。受け取った元のデータは残り、修正は監査記録に残ります。',
    keep: 'この内容にする',
    original: '元に戻す',
  },
  en: {
    edit: 'Edit',
    edited: '✓ Edited',
    title: 'Send parameters of {{order}}',
    hint: 'Only values can be corrected. The original stays; the edit is audited.',
    keep: 'Use these',
    original: 'Back to the original',
  },
});

export type Parameters = readonly (readonly [string, string])[];

/** 送信データ修正: a right of its own, row by row. */
export function SendErrorEdit({
  order,
  received,
  edited,
  onEdit,
}: {
  readonly order: string;
  readonly received: Parameters;
  readonly edited: Parameters | null;
  readonly onEdit: (edited: Parameters | null) => void;
}) {
  const words = useWords();
  const closeButton = useCloseButton();
  const [draft, setDraft] = useState<Parameters | null>(null);
  const keep = (parameters: Parameters) => {
    const same = parameters.every(([, value], at) => value === received[at]?.[1]);
    onEdit(same ? null : parameters);
    setDraft(null);
  };
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setDraft(edited ?? received)}>
        {edited === null ? words('edit') : words('edited')}
      </Button>
      <Modal
        opened={draft !== null}
        onClose={() => setDraft(null)}
        title={words('title', { order })}
        size="lg"
        closeButtonProps={closeButton}
      >
        {draft !== null && (
          <Stack>
            <Text size="sm">{words('hint')}</Text>
            {draft.map(([name, value], at) => (
              <TextInput
                // biome-ignore lint/suspicious/noArrayIndexKey: a name may come twice; the order is fixed
                key={`${at} ${name}`}
                label={name}
                maxLength={500}
                value={value}
                onChange={(event) =>
                  setDraft(draft.with(at, [name, event.currentTarget.value] as const))
                }
              />
            ))}
            <Group justify="flex-end">
              <Button variant="default" onClick={() => keep(received)}>
                {words('original')}
              </Button>
              <Button onClick={() => keep(draft)}>{words('keep')}</Button>
            </Group>
          </Stack>
        )}
      </Modal>
    </>
  );
}
