import {
  ActionIcon,
  Button,
  Card,
  Group,
  SimpleGrid,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { IconPencil, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';

const useWords = defineWords('registers', {
  ja: {
    title: '職業・顧客タグ',
    customers: '顧客',
    text: '顧客ファイルの【職業】と【顧客タグ】は、ここに登録されている名前だけを取り込めます。',
    occupation: '職業',
    tag: '顧客タグ',
    name: '新しい{{what}}',
    add: '登録する',
    rename: '{{name}} の名前を変える',
    renameText: 'この{{what}}が付いている顧客の表示も変わります。',
    newName: '新しい名前',
    confirmRename: '名前を変える',
    remove: '{{name}} を削除する',
    removeText: 'これからの取り込みでは使えなくなります。すでに付いている顧客には残ります。',
    confirmRemove: '削除する',
    none: 'まだ登録がありません。上の欄から登録してください。',
  },
  en: {
    title: 'Occupations and tags',
    customers: 'Customers',
    text: 'Customer files may name those alone that are registered here.',
    occupation: 'Occupations',
    tag: 'Customer tags',
    name: 'New: {{what}}',
    add: 'Register',
    rename: 'Rename {{name}}',
    renameText: 'Customers that have it ({{what}}) follow.',
    newName: 'New name',
    confirmRename: 'Rename',
    remove: 'Delete {{name}}',
    removeText: 'Imports cannot use it any more; customers that have it keep it.',
    confirmRemove: 'Delete',
    none: 'None yet. Register the first one above.',
  },
});

type Entry = NonNullable<Read<'listTags'>['data']>['entries'][number];
type What = 'occupation' | 'tag';
const routes = {
  occupation: {
    list: 'listOccupations',
    add: 'addOccupation',
    rename: 'renameOccupation',
    remove: 'deleteOccupation',
  },
  tag: { list: 'listTags', add: 'addTag', rename: 'renameTag', remove: 'deleteTag' },
} as const;

function RegistersPage() {
  const words = useWords();
  const { place } = useMerchant();
  return (
    <Page title={words('title')} above={[{ to: place('customers'), title: words('customers') }]}>
      <Text>{words('text')}</Text>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Register what="occupation" />
        <Register what="tag" />
      </SimpleGrid>
    </Page>
  );
}

function Register({ what }: { readonly what: What }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const [name, setName] = useState('');
  const read = useRead(routes[what].list, { params: { merchant } });
  const add = useAct(routes[what].add);
  const register = async () => {
    const done = await add.act({ params: { merchant }, body: { name } });
    if (done !== null) setName('');
  };
  return (
    <Card withBorder padding="lg" component="section" aria-label={words(what)}>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {words(what)}
        </Title>
        {may && (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void register();
            }}
          >
            <Group align="flex-end">
              <TextInput
                label={words('name', { what: words(what) })}
                maxLength={100}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <Button type="submit" loading={add.acting} disabled={name.trim() === ''}>
                {words('add')}
              </Button>
            </Group>
          </form>
        )}
        <ProblemNote problem={add.problem} />
        <Loaded read={read}>
          {({ entries }) =>
            entries.length === 0 ? (
              <Empty>{words('none')}</Empty>
            ) : (
              <Table aria-label={words(what)}>
                <Table.Tbody>
                  {entries.map((entry) => (
                    <Table.Tr key={entry.id}>
                      <Table.Td>{entry.name}</Table.Td>
                      <Table.Td w={100}>{may && <EntryActs what={what} entry={entry} />}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )
          }
        </Loaded>
      </Stack>
    </Card>
  );
}

function EntryActs({ what, entry }: { readonly what: What; readonly entry: Entry }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const [asked, setAsked] = useState<'rename' | 'remove' | null>(null);
  const [name, setName] = useState(entry.name);
  const rename = useAct(routes[what].rename);
  const remove = useAct(routes[what].remove);
  const params = { merchant, id: entry.id };
  const act = asked === 'rename' ? rename : remove;
  const confirm = async () => {
    const done =
      asked === 'rename'
        ? await rename.act({ params, body: { name } })
        : await remove.act({ params });
    if (done !== null) setAsked(null);
  };
  const title = words(asked ?? 'rename', { name: entry.name });
  return (
    <Group gap="xs" wrap="nowrap">
      <ActionIcon
        variant="default"
        aria-label={words('rename', { name: entry.name })}
        onClick={() => setAsked('rename')}
      >
        <IconPencil size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="default"
        aria-label={words('remove', { name: entry.name })}
        onClick={() => setAsked('remove')}
      >
        <IconTrash size={16} aria-hidden />
      </ActionIcon>
      <ActDialog
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={title}
        confirm={words(asked === 'remove' ? 'confirmRemove' : 'confirmRename')}
        danger={asked === 'remove'}
        reason="none"
        acting={act.acting}
        problem={act.problem}
        disabled={asked === 'rename' && name.trim() === ''}
        onConfirm={() => void confirm()}
      >
        <Text>
          {asked === 'remove' ? words('removeText') : words('renameText', { what: words(what) })}
        </Text>
        {asked === 'rename' && (
          <TextInput
            label={words('newName')}
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
      </ActDialog>
    </Group>
  );
}

export const route = { Component: RegistersPage };
