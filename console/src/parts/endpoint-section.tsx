import { Badge, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { defineWords } from '../language.ts';
import { useMay } from '../session.tsx';
import { deliveryWorkflow } from '../workflow-names.ts';
import { ActButton } from './act-button.tsx';
import { Count, Instant } from './figures.tsx';
import { SecretField } from './secret-field.tsx';
import { FactsTable, Section } from './section.tsx';
import { WorkflowLink } from './workflow-link.tsx';

const useWords = defineWords('endpoint-section', {
  ja: {
    url: 'URL',
    state: '状態',
    active: '送信中',
    paused: '停止中',
    retired: '廃止',
    down: '相手が応答しないため、次の時刻まで休んでいます: ',
    due: '送信待ち',
    failed: '送れなかったもの',
    secret: '署名の鍵 {{name}}',
    pause: '送信を止める',
    pauseText: '送信を止めます。その間に来たものは送信待ちになり、再開すると送ります。',
    resume: '送信を再開する',
    resumeText: '送信待ちのものから送り始めます。',
    retire: '廃止する',
    retireText: '元に戻せません。送信待ちのものは送らずに終わります。記録は残ります。',
  },
  en: {
    url: 'URL',
    state: 'State',
    active: 'Active',
    paused: 'Paused',
    retired: 'Retired',
    down: 'It does not answer and is left alone until ',
    due: 'Waiting',
    failed: 'Given up',
    secret: 'Signing secret {{name}}',
    pause: 'Pause',
    pauseText: 'Nothing is sent; what comes waits until it is resumed.',
    resume: 'Resume',
    resumeText: 'What waits is sent.',
    retire: 'Retire',
    retireText: 'For good: what waits is not sent any more. The record stays.',
  },
});

export interface Endpoint {
  readonly url: string;
  readonly state: 'active' | 'paused' | 'retired';
  readonly circuitOpenUntil: string | null;
  readonly secretName: string;
}

/** One place that deliveries go to: how it stands, and what is done with it. */
export function EndpointSection({
  name,
  of,
  waiting,
  facts,
  actions,
}: {
  readonly name: string;
  readonly of: Endpoint;
  /** Deliveries that wait, and that were given up; null: they stand elsewhere on the page. */
  readonly waiting: { readonly due: number; readonly failed: number } | null;
  /** What only its kind has. */
  readonly facts: readonly (readonly [string, ReactNode])[];
  readonly actions: ReactNode;
}) {
  const words = useWords();
  const admin = useMay('admin');
  return (
    <Section title={name} actions={actions}>
      <FactsTable
        label={name}
        facts={[
          [
            words('state'),
            <Group key="state" gap="xs">
              <Badge variant="default">
                {of.state === 'active' ? '✓ ' : '● '}
                {words(of.state)}
              </Badge>
              {of.circuitOpenUntil !== null && (
                <Text size="sm">
                  {words('down')}
                  <Instant at={of.circuitOpenUntil} />
                </Text>
              )}
            </Group>,
          ],
          [
            words('url'),
            <span key="url" className="raw-line">
              {of.url}
            </span>,
          ],
          ...facts,
          ...(waiting === null
            ? []
            : ([
                [words('due'), <Count key="due" count={waiting.due} />],
                [words('failed'), <Count key="failed" count={waiting.failed} />],
              ] as const)),
        ]}
      />
      {admin && of.state !== 'retired' && (
        <SecretField label={words('secret', { name: of.secretName })} name={of.secretName} />
      )}
      <WorkflowLink workflowId={deliveryWorkflow(name)} />
    </Section>
  );
}

type Hold = 'pause' | 'resume' | 'retire';

/** Stops, lets go on, or ends the deliveries to an endpoint. */
export function HoldEndpoint({
  hold,
  act,
  onConfirm,
}: {
  readonly hold: Hold;
  readonly act: Parameters<typeof ActButton>[0]['act'];
  readonly onConfirm: (reason: string) => Promise<unknown>;
}) {
  const words = useWords();
  const may = useMay(hold === 'retire' ? 'admin' : 'operator');
  return (
    <ActButton
      label={words(hold)}
      text={words(`${hold}Text`)}
      reason="required"
      danger={hold === 'retire'}
      disabled={!may}
      act={act}
      onConfirm={onConfirm}
    />
  );
}

/** What can be done with an endpoint in its state. */
export function holdsOf({ state, circuitOpenUntil }: Endpoint): readonly Hold[] {
  if (state === 'retired') return [];
  if (state === 'paused') return ['resume', 'retire'];
  return circuitOpenUntil === null ? ['pause', 'retire'] : ['resume', 'pause', 'retire'];
}
