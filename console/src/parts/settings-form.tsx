import { Group, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ActButton } from './act-button.tsx';
import { Instant } from './figures.tsx';
import { Loaded } from './loaded.tsx';

type SettingsVersion = NonNullable<Read<'readSettings'>['data']>;
export type Settings = SettingsVersion['settings'];

const useWords = defineWords('settings-form', {
  ja: {
    save: '設定を保存する',
    text: '新しい版として保存します。前の版は残ります。すぐに有効になります。',
    version: '第 {{version}} 版 {{actor}} ',
    admin: '変更には管理者の権限が必要です。',
    dirty: '保存していない変更があります。',
    saved: '保存しました。',
  },
  en: {
    save: 'Save the settings',
    text: 'They are kept as a new version; the one before stays. They hold at once.',
    version: 'Version {{version}} {{actor}} ',
    admin: 'Changing them takes the role of an admin.',
    dirty: 'There are changes that are not saved.',
    saved: 'Saved.',
  },
});

/**
 * One block of the merchant's settings, saved as a new version of all of them. Whoever saved in
 * between is not overwritten: the version that was read is named.
 */
export function SettingsForm<Key extends keyof Settings>({
  block,
  children,
}: {
  readonly block: Key;
  readonly children: (of: {
    readonly value: Settings[Key];
    /** Takes the value, or what makes it of the one that stands there by then. */
    readonly set: (value: Settings[Key] | ((now: Settings[Key]) => Settings[Key])) => void;
    readonly readOnly: boolean;
  }) => ReactNode;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('admin');
  const params = { merchant };
  const read = useRead('readSettings', { params });
  const save = useAct('saveSettings');
  const [draft, setDraft] = useState<{
    readonly of: SettingsVersion;
    readonly value: Settings[Key];
  } | null>(null);
  const [saved, setSaved] = useState(false);
  return (
    <Loaded read={read}>
      {(found) => (
        <>
          {children({
            value: draft?.value ?? found.settings[block],
            readOnly: !may,
            set: (value) => {
              setSaved(false);
              setDraft((now) => ({
                of: now?.of ?? found,
                value:
                  typeof value === 'function' ? value(now?.value ?? found.settings[block]) : value,
              }));
            },
          })}
          <Group justify="space-between">
            <Text size="sm">
              {words('version', { version: found.version, actor: found.actor })}
              <Instant at={found.recordedAt} />
            </Text>
            {may ? (
              <Group>
                <Text size="sm" role="status">
                  {draft !== null ? words('dirty') : saved ? words('saved') : ''}
                </Text>
                <ActButton
                  label={words('save')}
                  text={words('text')}
                  variant="filled"
                  reason="required"
                  disabled={draft === null}
                  act={save}
                  onConfirm={async (reason) => {
                    if (draft === null) return null;
                    const { version, settings } = draft.of;
                    const body = {
                      version,
                      settings: { ...settings, [block]: draft.value },
                      reason,
                    };
                    const done = await save.act({ params, body });
                    if (done !== null) {
                      setDraft(null);
                      setSaved(true);
                    }
                    return done;
                  }}
                />
              </Group>
            ) : (
              <Text size="sm">{words('admin')}</Text>
            )}
          </Group>
        </>
      )}
    </Loaded>
  );
}
