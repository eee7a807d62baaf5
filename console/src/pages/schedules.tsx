import { Alert, Badge, Group, List, Stack, Text } from '@mantine/core';
import { formatJstMinute } from '../../../billing/business-date.ts';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActButton } from '../parts/act-button.tsx';
import { Instant } from '../parts/figures.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { FactsTable, Section } from '../parts/section.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';

const useWords = defineWords('schedules', {
  ja: {
    title: 'スケジュール',
    text: '人が操作しなくても始まる処理です。日時は「設定」の schedule・cardRefresh・retention で決まります。',
    cycle: '請求サイクルの開始',
    refresh: '自動洗替の開始',
    retention: '個人情報の消去',
    state: '状態',
    active: '動いています',
    pausedState: '停止中',
    missing: '設定にありますが、まだ作られていません',
    none: '予定はありません',
    settingsNone: '設定で自動開始を使っていません。',
    movedClock: '業務時計を動かした練習用の加盟店では、自動では始まりません。',
    at: '開始時刻',
    pausedBy: '{{by}} が停止: ',
    pausedOutside: 'Temporal の画面で停止されています。',
    next: '次の開始',
    nextHeld: '次の開始(停止中は始まりません)',
    month: '{{month}} 分',
    noNext: '予定はありません',
    last: '前回までの開始',
    planned: '(予定 {{at}})',
    running: '実行中',
    ended: '終了',
    never: 'まだ始まったことがありません',
    missed: '始められなかった回数',
    pause: '停止する',
    pauseTitle: '「{{name}}」を停止する',
    pauseText:
      '次の開始から始まらなくなります。設定を変えても停止したままです。実行中の処理には影響しません。',
    resume: '再開する',
    resumeTitle: '「{{name}}」を再開する',
    resumeText:
      '次の予定から始まります。停止していた間の分は、さかのぼって始まりません。必要な月は「請求サイクル」から始めてください。',
    unequal: '設定と予定が違っています。「設定に合わせる」で直せます。',
    sync: '設定に合わせる',
    syncText: '予定を設定のとおりに作り直します。停止中のものは停止したままです。',
    approver: '停止と再開には承認者の権限が必要です。',
  },
  en: {
    title: 'Schedules',
    text: 'What starts without a person. Days and times stand in the settings: schedule, cardRefresh, retention.',
    cycle: 'Start of billing cycles',
    refresh: 'Start of card refreshes',
    retention: 'Blanking of personal data',
    state: 'State',
    active: 'Active',
    pausedState: 'Paused',
    missing: 'The settings want it; it is not there yet',
    none: 'Nothing is planned',
    settingsNone: 'The settings want none.',
    movedClock: 'Where the business clock was moved nothing starts by itself.',
    at: 'Starts at',
    pausedBy: 'Paused by {{by}}: ',
    pausedOutside: 'Paused in Temporal itself.',
    next: 'Next starts',
    nextHeld: 'Next starts (none while it is paused)',
    month: 'for {{month}}',
    noNext: 'None',
    last: 'Last starts',
    planned: '(planned for {{at}})',
    running: 'Running',
    ended: 'Ended',
    never: 'It never started yet',
    missed: 'Starts that were missed',
    pause: 'Pause',
    pauseTitle: 'Pause: {{name}}',
    pauseText:
      'Nothing starts from the next time on, whatever the settings say. What runs goes on.',
    resume: 'Resume',
    resumeTitle: 'Resume: {{name}}',
    resumeText:
      'It starts again from the next time on. What was left out is not made up for: start such a month by hand.',
    unequal: 'Some differ from the settings; a sync puts that right.',
    sync: 'Make equal to the settings',
    syncText: 'They are made as the settings say. What is paused stays paused.',
    approver: 'Pausing and resuming takes the role of an approver.',
  },
});

type Schedule = NonNullable<Read<'listSchedules'>['data']>['schedules'][number];

function SchedulesPage() {
  const words = useWords();
  const { merchant } = useMerchant();
  const mayHold = useMay('approver');
  const params = { merchant };
  const read = useRead('listSchedules', { params }, { everyMs: 15_000 });
  return (
    <Page title={words('title')}>
      <Text size="sm">{words('text')}</Text>
      {!mayHold && <Text size="sm">{words('approver')}</Text>}
      <Loaded read={read}>
        {({ schedules }) => (
          <Stack>
            {schedules.some(({ followsSettings }) => !followsSettings) && <Unequal />}
            {schedules.map((one) => (
              <OneSchedule key={one.what} one={one} />
            ))}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function Unequal() {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const sync = useAct('syncSchedules');
  return (
    <Alert color="yellow" variant="outline">
      <Group justify="space-between">
        <Text size="sm">{words('unequal')}</Text>
        <ActButton
          label={words('sync')}
          text={words('syncText')}
          reason="none"
          disabled={!may}
          act={sync}
          onConfirm={() => sync.act({ params: { merchant } })}
        />
      </Group>
    </Alert>
  );
}

function OneSchedule({ one }: { readonly one: Schedule }) {
  const words = useWords();
  const held = one.state === 'paused';
  const planned = one.state === 'active' || held;
  return (
    <Section title={words(one.what)} actions={planned && <HoldButton one={one} />}>
      <FactsTable
        label={words(one.what)}
        facts={[
          [words('state'), <State key="state" one={one} />],
          ...(planned || one.nextStarts.length > 0
            ? ([
                [words('at'), one.at],
                [words(held ? 'nextHeld' : 'next'), <NextStarts key="next" one={one} />],
              ] as const)
            : []),
          ...(planned || one.lastStarts.length > 0
            ? ([[words('last'), <LastStarts key="last" one={one} />]] as const)
            : []),
          ...(one.missedStarts > 0 ? ([[words('missed'), one.missedStarts]] as const) : []),
        ]}
      />
    </Section>
  );
}

function State({ one }: { readonly one: Schedule }) {
  const words = useWords();
  const { state, paused, whyNone } = one;
  if (state === 'none') {
    return (
      <Text size="sm">
        {words('none')} {words(whyNone === 'moved-clock' ? 'movedClock' : 'settingsNone')}
      </Text>
    );
  }
  return (
    <Stack gap={4}>
      <div>
        <Badge
          {...(state === 'active' ? { variant: 'default' } : { color: 'red', variant: 'outline' })}
        >
          {state === 'active' ? '✓ ' : '● '}
          {words(state === 'paused' ? 'pausedState' : state)}
        </Badge>
      </div>
      {paused !== null && (
        <Text size="sm">
          {paused.by === null ? words('pausedOutside') : words('pausedBy', { by: paused.by })}{' '}
          {paused.reason} {paused.since !== null && <Instant at={paused.since} />}
        </Text>
      )}
    </Stack>
  );
}

function NextStarts({ one }: { readonly one: Schedule }) {
  const words = useWords();
  if (one.nextStarts.length === 0) return <>{words('noNext')}</>;
  return (
    <List size="sm" listStyleType="none">
      {one.nextStarts.map(({ at, month }) => (
        <List.Item key={at}>
          <Instant at={at} /> {month !== null && words('month', { month })}
        </List.Item>
      ))}
    </List>
  );
}

function LastStarts({ one }: { readonly one: Schedule }) {
  const words = useWords();
  if (one.lastStarts.length === 0) return <>{words('never')}</>;
  return (
    <List size="sm" listStyleType="none">
      {one.lastStarts.map(({ scheduledAt, startedAt, workflowId, running }) => (
        <List.Item key={`${scheduledAt} ${workflowId}`}>
          <Instant at={startedAt} /> {words('planned', { at: formatJstMinute(scheduledAt) })}{' '}
          {words(running ? 'running' : 'ended')} <WorkflowLink workflowId={workflowId} />
        </List.Item>
      ))}
    </List>
  );
}

function HoldButton({ one }: { readonly one: Schedule }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('approver');
  const pause = useAct('pauseSchedule');
  const resume = useAct('resumeSchedule');
  const held = one.state === 'paused';
  const act = held ? resume : pause;
  const name = words(one.what);
  return (
    <ActButton
      label={words(held ? 'resume' : 'pause')}
      title={words(held ? 'resumeTitle' : 'pauseTitle', { name })}
      text={words(held ? 'resumeText' : 'pauseText')}
      reason="required"
      danger={!held}
      variant={held ? 'filled' : 'default'}
      disabled={!may}
      act={act}
      onConfirm={(reason) => act.act({ params: { merchant, what: one.what }, body: { reason } })}
    />
  );
}

export const route = { Component: SchedulesPage };
