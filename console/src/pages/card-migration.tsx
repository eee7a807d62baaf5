import { Alert, Group, Stepper, Text } from '@mantine/core';
import { useParams } from 'react-router';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActButton, orNull } from '../parts/act-button.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { type Migration, MigrationChecks } from '../parts/migration-checks.tsx';
import { MigrationCoverage } from '../parts/migration-coverage.tsx';
import { LinkFiles, ReturnedFiles } from '../parts/migration-files.tsx';
import { MigrationFindings } from '../parts/migration-findings.tsx';
import { Page } from '../parts/page.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useMigrationStageWords } from '../words/card-words.ts';
import { cardMigrationWorkflow } from '../workflow-names.ts';

const useWords = defineWords('card-migration', {
  ja: {
    list: 'カード移行',
    title: 'カード移行 {{number}}',
    rehearsal: 'リハーサル: 何も変わりません。',
    way: '{{old}} から {{service}} へ',
    person: '対応が必要です',
    waits: '現在の状態',
    cancel: '移行を取り消す',
    cancelText:
      'この移行で入れたカードを取り除き、変えたカードは元に戻します。ほかの取り込みで入ったカードはそのままです。',
    firstBilling: '移行した顧客の初回請求',
  },
  en: {
    list: 'Card migration',
    title: 'Card migration {{number}}',
    rehearsal: 'A rehearsal: nothing changes.',
    way: 'From {{old}} to {{service}}',
    person: 'A person is needed',
    waits: 'Where it stands',
    cancel: 'Cancel the migration',
    cancelText:
      'Cards that this migration made are removed, those that it changed are put back. Cards of other imports stay.',
    firstBilling: 'First billing of the moved customers',
  },
});

const steps = ['checking', 'handing_over', 'awaiting_return', 'importing', 'covering'] as const;

function CardMigrationPage() {
  const words = useWords();
  const { number = '' } = useParams();
  const { merchant, place } = useMerchant();
  const params = { merchant, number: Number(number) };
  const read = useRead('readCardMigration', { params }, { everyMs: 3000 });
  return (
    <Page
      title={words('title', { number })}
      above={[{ to: place('card-migrations'), title: words('list') }]}
      actions={
        <>
          <WorkflowLink workflowId={cardMigrationWorkflow(merchant, params.number)} />
          {read.data !== undefined && <CancelMigration migration={read.data} />}
        </>
      }
    >
      <Loaded read={read}>{(migration) => <Steps migration={migration} />}</Loaded>
    </Page>
  );
}

function CancelMigration({ migration }: { readonly migration: Migration }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const cancel = useAct('cancelCardMigration');
  const { stage, number } = migration;
  if (!may || stage === 'accepted' || stage === 'cancelled') return null;
  return (
    <ActButton
      label={words('cancel')}
      text={words('cancelText')}
      danger
      variant="outline"
      reason="required"
      act={cancel}
      onConfirm={(reason) =>
        cancel.act({ params: { merchant, number }, body: { reason: orNull(reason) } })
      }
    />
  );
}

/** What has to be done next stands first. */
function Steps({ migration }: { readonly migration: Migration }) {
  const words = useWords();
  const stages = useMigrationStageWords();
  const { stage, number, needsPerson, state, firstBilling } = migration;
  const at = (steps as readonly Migration['stage'][]).indexOf(stage);
  const checks = <MigrationChecks key="checks" migration={migration} />;
  const findings = <MigrationFindings key="findings" number={number} />;
  const link = <LinkFiles key="link" migration={migration} />;
  const returned = <ReturnedFiles key="returned" migration={migration} />;
  const coverage = <MigrationCoverage key="coverage" migration={migration} />;
  const parts =
    stage === 'checking'
      ? [checks, findings, link]
      : stage === 'handing_over'
        ? [link, returned, checks, findings]
        : stage === 'awaiting_return' || stage === 'importing'
          ? [returned, link, coverage, checks, findings]
          : [coverage, returned, findings, link, checks];
  return (
    <>
      <Group>
        <Text>{words('way', { old: migration.oldService, service: migration.service })}</Text>
        {migration.rehearsal && <Text fw={700}>{words('rehearsal')}</Text>}
      </Group>
      {at >= 0 && (
        <Stepper active={at} size="xs" allowNextStepsSelect={false}>
          {steps.map((step) => (
            <Stepper.Step key={step} label={stages(step)} />
          ))}
        </Stepper>
      )}
      <Alert
        color={needsPerson ? 'yellow' : 'gray'}
        variant="outline"
        title={words(needsPerson ? 'person' : 'waits')}
        role="status"
      >
        {state}
      </Alert>
      {firstBilling !== null && (
        <Alert
          color={firstBilling.kind === 'bad' ? 'red' : 'gray'}
          variant="outline"
          title={words('firstBilling')}
        >
          {firstBilling.text}
        </Alert>
      )}
      {parts}
    </>
  );
}

export const route = { Component: CardMigrationPage };
