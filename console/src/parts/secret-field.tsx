import { Button, Group, PasswordInput, Text } from '@mantine/core';
import { useState } from 'react';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { Instant } from './figures.tsx';
import { ProblemNote } from './problem-note.tsx';

const useWords = defineWords('secret-field', {
  ja: {
    set: '登録済み',
    unset: '未登録',
    save: '登録する',
    hint: '暗号化して保存します。登録した値は表示できません。',
  },
  en: {
    set: 'Set',
    unset: 'Not set',
    save: 'Set it',
    hint: 'It is kept encrypted and never shown.',
  },
});

/** A password or key under its name: written, never read. */
export function SecretField({
  label,
  name,
  onSaved,
}: {
  readonly label: string;
  readonly name: string;
  /** Settings that do not name the secret yet name it from then on. */
  readonly onSaved?: () => void;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const secrets = useRead('listSecrets', { params: { merchant } });
  const save = useAct('setSecret');
  const [value, setValue] = useState('');
  const found = secrets.data?.secrets.find((one) => one.name === name);
  const submit = async () => {
    const done = await save.act({ params: { merchant, name }, body: { value } });
    if (done === null) return;
    setValue('');
    onSaved?.();
  };
  return (
    <div>
      <Group align="flex-end" gap="xs">
        <PasswordInput
          label={label}
          description={words('hint')}
          w={360}
          autoComplete="new-password"
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        <Button
          variant="default"
          disabled={value === ''}
          loading={save.acting}
          aria-label={`${label}: ${words('save')}`}
          onClick={() => void submit()}
        >
          {words('save')}
        </Button>
        <Text size="sm" role="status">
          {found === undefined ? (
            words('unset')
          ) : (
            <>
              ✓ {words('set')} <Instant at={found.setAt} />
            </>
          )}
        </Text>
      </Group>
      <ProblemNote problem={save.problem} />
    </div>
  );
}
