import { Button } from '@mantine/core';
import { useState } from 'react';
import { useParams } from 'react-router';
import type { CustomerMailKind } from '../../../billing/mail/customer-templates.ts';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Instant } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Section } from '../parts/section.tsx';
import { type Template, TemplateEditor, type TemplateWords } from '../parts/template-editor.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useCustomerMailKindLabels } from '../words/mail-words.ts';

const useWords = defineWords('customer-mail-template', {
  ja: {
    title: '顧客メールの文面: {{label}}',
    loading: '顧客メールの文面',
    list: '顧客メールの文面',
    versions: '版の履歴',
    version: '版',
    own: '第 {{version}} 版',
    builtIn: '最初からある文面',
    current: '(使用中)',
    subject: '件名',
    set: '変更',
    use: '編集欄に戻す',
    none: '版はありません。',
  },
  en: {
    title: 'Mail to customers: {{label}}',
    loading: 'Mail to customers',
    list: 'Mails to customers',
    versions: 'Versions',
    version: 'Version',
    own: 'Version {{version}}',
    builtIn: 'As it came',
    current: '(in use)',
    subject: 'Subject',
    set: 'Changed',
    use: 'Take into the editor',
    none: 'No version.',
  },
});

/** The words of one class of mails to customers: changed, looked at, brought back. */
function CustomerMailTemplatePage() {
  const words = useWords();
  const { kind = '' } = useParams();
  const { merchant, place } = useMerchant();
  const params = { merchant, kind: kind as CustomerMailKind };
  const read = useRead('listCustomerMailVersions', { params });
  const labels = useCustomerMailKindLabels();
  const newest = read.data?.versions[0];
  return (
    <Page
      title={
        newest === undefined
          ? words('loading')
          : words('title', { label: labels(newest.kind, newest.label) })
      }
      above={[{ to: place('customer-mail-templates'), title: words('list') }]}
    >
      <Loaded read={read}>
        {({ versions }) =>
          newest !== undefined && (
            // A version that somebody else saved does not take what is being written away.
            <Editing key={kind} newest={newest} versions={versions} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Editing({
  newest,
  versions,
}: {
  readonly newest: Template;
  readonly versions: readonly Template[];
}) {
  const [draft, setDraft] = useState<{
    readonly words: TemplateWords;
    /** The version that was changed. */
    readonly of: number;
  } | null>(null);
  const change = (words: TemplateWords) => setDraft({ words, of: draft?.of ?? newest.version });
  return (
    <>
      <TemplateEditor
        newest={newest}
        draft={draft}
        onChange={change}
        onDone={() => setDraft(null)}
      />
      <Versions newest={newest} versions={versions} onUse={change} />
    </>
  );
}

function Versions({
  newest,
  versions,
  onUse,
}: {
  readonly newest: Template;
  readonly versions: readonly Template[];
  readonly onUse: (words: TemplateWords) => void;
}) {
  const words = useWords();
  const may = useMay('operator');
  return (
    <Section title={words('versions')}>
      <ListTable
        label={words('versions')}
        rows={versions}
        keyOf={({ version }) => version}
        none={words('none')}
        columns={[
          {
            title: words('version'),
            cell: ({ version }) => (
              <>
                {version === 0 ? words('builtIn') : words('own', { version })}
                {version === newest.version && words('current')}
              </>
            ),
          },
          { title: words('subject'), cell: ({ subject }) => subject },
          {
            title: words('set'),
            cell: ({ setAt, setBy }) => (
              <>
                <Instant at={setAt} /> {setBy}
              </>
            ),
          },
          ...(may
            ? [
                {
                  title: words('use'),
                  cell: ({ subject, body }: Template) => (
                    <Button
                      size="compact-xs"
                      variant="default"
                      onClick={() => {
                        onUse({ subject, body });
                        window.scrollTo({ top: 0 });
                      }}
                    >
                      {words('use')}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
    </Section>
  );
}

export const route = { Component: CustomerMailTemplatePage };
