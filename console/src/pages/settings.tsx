import { Button, Checkbox, JsonInput, Stack, Tabs, Text } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActButton } from '../parts/act-button.tsx';
import { Instant } from '../parts/figures.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import type { Settings } from '../parts/settings-form.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useSettingHelp, useSettingNames } from '../words/setting-words.ts';

const useWords = defineWords('settings', {
  ja: {
    title: '設定',
    blocks: '設定の項目',
    hint: '項目ごとに JSON で直します。誤りがあるときは、保存せずに場所を示します。パスワードや鍵は、ここには書かず、名前だけを書きます。',
    version: '第 {{version}} 版 {{actor}} ',
    save: '保存する',
    text: '「{{block}}」を新しい版として保存します。前の版は残ります。',
    label: '{{block}} の内容',
    broken: 'JSON として読めません。',
    locks: '利用停止中のカード {{count}} 件の注文が請求されることを確認した',
    admin: '変更には管理者の権限が必要です。',
    hosts: '接続を許可した社内ホスト',
  },
  en: {
    title: 'Settings',
    blocks: 'Blocks of settings',
    hint: 'Block by block, as JSON. What is wrong is not saved, and is said where. No password or key stands here, only its name.',
    version: 'Version {{version}} {{actor}} ',
    save: 'Save',
    text: '“{{block}}” is kept as a new version; the one before stays.',
    label: 'Content of {{block}}',
    broken: 'It is no JSON.',
    locks: 'I have looked: orders of {{count}} locked cards will be billed',
    admin: 'Changing them takes the role of an admin.',
    hosts: 'Private hosts',
  },
});

function parse(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** The count that the server wants confirmed. */
const countOf = ({ errors }: { readonly errors: readonly { readonly message: string }[] }) =>
  Number(/\d+/.exec(errors[0]?.message ?? '')?.[0] ?? 0);

function SettingsPage() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const mayHosts = useMay('admin');
  const [search, setSearch] = useSearchParams();
  const read = useRead('readSettings', { params: { merchant } });
  const names = useSettingNames();
  return (
    <Page
      title={words('title')}
      actions={
        mayHosts && (
          <Button variant="default" component={Link} to={place('allowed-hosts')}>
            {words('hosts')}
          </Button>
        )
      }
    >
      <Text size="sm">{words('hint')}</Text>
      <Loaded read={read}>
        {({ version, actor, recordedAt, settings }) => {
          const blocks = Object.keys(settings) as (keyof Settings)[];
          const shown = blocks.find((one) => one === search.get('block')) ?? blocks[0];
          return (
            <>
              <Text size="sm">
                {words('version', { version, actor })}
                <Instant at={recordedAt} />
              </Text>
              <Tabs
                orientation="vertical"
                styles={{
                  list: { maxWidth: '45%' },
                  tabLabel: { whiteSpace: 'normal', textAlign: 'start' },
                }}
                keepMounted={false}
                value={shown ?? null}
                onChange={(block) => setSearch(block === null ? {} : { block })}
              >
                <Tabs.List aria-label={words('blocks')}>
                  {blocks.map((block) => (
                    <Tabs.Tab key={block} value={block}>
                      {names(block)}
                    </Tabs.Tab>
                  ))}
                </Tabs.List>
                {blocks.map((block) => (
                  <Tabs.Panel key={block} value={block} pl="md">
                    <Block
                      key={`${block} ${version}`}
                      block={block}
                      version={version}
                      settings={settings}
                    />
                  </Tabs.Panel>
                ))}
              </Tabs>
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function Block({
  block,
  version,
  settings,
}: {
  readonly block: keyof Settings;
  readonly version: number;
  readonly settings: Settings;
}) {
  const words = useWords();
  const help = useSettingHelp();
  const { merchant } = useMerchant();
  const may = useMay('admin');
  const save = useAct('saveSettings');
  const before = JSON.stringify(settings[block], null, 2);
  const [text, setText] = useState(before);
  const parsed = parse(text);
  // How many locked cards the server says this would bill, and how many of them were confirmed.
  const freed = save.problem?.slug === 'locks-set-free' ? countOf(save.problem) : null;
  const [confirmed, setConfirmed] = useState<number | null>(null);
  return (
    <Stack>
      <Text size="sm">{help(block)}</Text>
      <JsonInput
        label={words('label', { block })}
        autosize
        minRows={8}
        maxRows={30}
        readOnly={!may}
        value={text}
        onChange={setText}
        error={parsed === null ? words('broken') : null}
      />
      {may ? (
        <div>
          <ActButton
            label={words('save')}
            text={words('text', { block })}
            variant="filled"
            reason="required"
            disabled={parsed === null || text === before}
            act={save}
            onConfirm={(reason) => {
              // The server checks it against the schema and says which field is wrong.
              const changed = { ...settings, [block]: parsed?.value };
              return save.act({
                params: { merchant },
                body: {
                  ...{ version, settings: changed, reason },
                  ...(freed !== null && confirmed === freed ? { confirmedLocks: freed } : {}),
                },
              });
            }}
          >
            {freed !== null && (
              <Checkbox
                label={words('locks', { count: freed })}
                checked={confirmed === freed}
                onChange={({ currentTarget }) => setConfirmed(currentTarget.checked ? freed : null)}
              />
            )}
          </ActButton>
        </div>
      ) : (
        <Text size="sm">{words('admin')}</Text>
      )}
    </Stack>
  );
}

export const route = { Component: SettingsPage };
