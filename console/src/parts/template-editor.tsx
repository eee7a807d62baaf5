import { Alert, Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import type { CustomerMailKind } from '../../../billing/mail/customer-templates.ts';
import { type Read, useAct, useRead } from '../api.ts';
import { insertVariable } from '../insert-variable.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ActButton, orNull } from './act-button.tsx';
import { Loaded } from './loaded.tsx';
import { ProblemNote } from './problem-note.tsx';
import { Section } from './section.tsx';

export type Template = NonNullable<Read<'listCustomerMailVersions'>['data']>['versions'][number];

export interface TemplateWords {
  readonly subject: string;
  readonly body: string;
}

const useWords = defineWords('template-editor', {
  ja: {
    title: '文面',
    subject: '件名',
    body: '本文',
    variables: '本文のカーソルの位置に差し込む',
    insert: '{{meaning}} {{token}} を差し込む',
    dirty: '保存していない変更があります。',
    discard: '変更を捨てる',
    save: '保存する',
    saveText:
      '新しい版として保存します。これから作るメールに使います。すでに送信を待っているメールは、作ったときの版で送ります。',
    outdated:
      '編集中に、別の人が新しい版を保存しました。変更を捨てて最新の文面から直すか、版の履歴で違いを確かめてください。',
    operator: '変更には担当者の権限が必要です。',
    preview: '見本で確認する',
    previewTitle: '見本',
    previewText: '架空の顧客の値を差し込んだ見本です。何も送っていません。',
    changed: '文面を変えました。もう一度「見本で確認する」を押してください。',
  },
  en: {
    title: 'Words',
    subject: 'Subject',
    body: 'Text',
    variables: 'Put in where the cursor stands in the text',
    insert: 'Put in {{token}}: {{meaning}}',
    dirty: 'There are changes that are not saved.',
    discard: 'Discard them',
    save: 'Save',
    saveText:
      'It is kept as a new version, for mails that are made from now on. Those that wait keep theirs.',
    outdated:
      'Somebody saved a newer version meanwhile. Discard your changes, or compare with the versions.',
    operator: 'Changing them takes the role of an operator.',
    preview: 'Preview with a sample',
    previewTitle: 'Sample',
    previewText: 'Filled for a customer who does not exist. Nothing is sent.',
    changed: 'The words have changed since: press “Preview” once more.',
  },
});

/** Words of a mail in the making, with what may be put in and what a customer would read. */
export function TemplateEditor({
  newest,
  draft,
  onChange,
  onDone,
}: {
  readonly newest: Template;
  readonly draft: { readonly words: TemplateWords; readonly of: number } | null;
  readonly onChange: (words: TemplateWords) => void;
  readonly onDone: () => void;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const save = useAct('saveCustomerMailTemplate');
  const [looked, setLooked] = useState<TemplateWords | null>(null);
  const shown = draft?.words ?? { subject: newest.subject, body: newest.body };
  const changed =
    draft !== null && (shown.subject !== newest.subject || shown.body !== newest.body);
  const outdated = changed && draft.of !== newest.version;
  return (
    <Section
      title={words('title')}
      actions={
        <Button
          variant="default"
          onClick={() => setLooked({ subject: shown.subject, body: shown.body })}
        >
          {words('preview')}
        </Button>
      }
    >
      <Fields newest={newest} shown={shown} readOnly={!may} onChange={onChange} />
      {outdated && (
        <Alert color="yellow" variant="outline" role="status">
          {words('outdated')}
        </Alert>
      )}
      {may ? (
        <Group justify="flex-end">
          <Text size="sm" role="status">
            {changed ? words('dirty') : ''}
          </Text>
          {changed && (
            <Button variant="subtle" onClick={onDone}>
              {words('discard')}
            </Button>
          )}
          <ActButton
            label={words('save')}
            text={words('saveText')}
            variant="filled"
            reason="optional"
            disabled={!changed || outdated}
            act={save}
            onConfirm={async (reason) => {
              const done = await save.act({
                params: { merchant, kind: newest.kind },
                body: { ...shown, version: draft?.of ?? newest.version, reason: orNull(reason) },
              });
              if (done !== null) onDone();
              return done;
            }}
          />
        </Group>
      ) : (
        <Text size="sm">{words('operator')}</Text>
      )}
      {looked !== null && (
        <Preview
          kind={newest.kind}
          of={looked}
          outdated={looked.subject !== shown.subject || looked.body !== shown.body}
        />
      )}
    </Section>
  );
}

function Fields({
  newest,
  shown,
  readOnly,
  onChange,
}: {
  readonly newest: Template;
  readonly shown: TemplateWords;
  readonly readOnly: boolean;
  readonly onChange: (words: TemplateWords) => void;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const { data } = useRead('listCustomerMailTemplates', { params: { merchant } });
  const field = useRef<HTMLTextAreaElement>(null);
  const insert = (token: string) => {
    const { selectionStart: from = shown.body.length, selectionEnd: to = from } =
      field.current ?? {};
    onChange({ ...shown, body: insertVariable(shown.body, token, from, to) });
    field.current?.focus();
  };
  const usable = data?.variables.filter(
    ({ forCardNotices }) => forCardNotices || !newest.cardNotice,
  );
  return (
    <>
      <TextInput
        label={words('subject')}
        value={shown.subject}
        readOnly={readOnly}
        maxLength={120}
        onChange={({ currentTarget }) => onChange({ ...shown, subject: currentTarget.value })}
      />
      <Textarea
        ref={field}
        label={words('body')}
        value={shown.body}
        readOnly={readOnly}
        maxLength={8000}
        autosize
        minRows={10}
        maxRows={30}
        onChange={({ currentTarget }) => onChange({ ...shown, body: currentTarget.value })}
      />
      {!readOnly && usable !== undefined && (
        <Stack gap={4}>
          <Text size="sm" fw={500}>
            {words('variables')}
          </Text>
          <Group gap="xs">
            {usable.map(({ token, meaning }) => (
              <Button
                key={token}
                size="compact-sm"
                variant="default"
                title={meaning}
                aria-label={words('insert', { token, meaning })}
                onClick={() => insert(token)}
              >
                {token}
              </Button>
            ))}
          </Group>
          <Text size="xs" c="dimmed">
            {usable.map(({ token, meaning }) => `${token} ${meaning}`).join(' / ')}
          </Text>
        </Stack>
      )}
    </>
  );
}

function Preview({
  kind,
  of,
  outdated,
}: {
  readonly kind: CustomerMailKind;
  readonly of: TemplateWords;
  readonly outdated: boolean;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const preview = useRead(
    'previewCustomerMailTemplate',
    { params: { merchant, kind }, body: of },
    { keep: false },
  );
  const refused = preview.error?.status === 422;
  return (
    <section aria-label={words('previewTitle')}>
      <Stack gap="xs">
        {refused ? (
          <ProblemNote problem={preview.error} />
        ) : (
          <Loaded read={preview}>
            {({ subject, text }) => (
              <>
                <Alert variant="outline" role="status">
                  {words(outdated ? 'changed' : 'previewText')}
                </Alert>
                <Text fw={600}>{subject}</Text>
                <Text size="sm" className="mail-text">
                  {text}
                </Text>
              </>
            )}
          </Loaded>
        )}
      </Stack>
    </section>
  );
}
