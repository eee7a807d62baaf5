import { Anchor } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';

const useWords = defineWords('workflow-link', {
  ja: { open: 'Temporalで見る', openOf: '{{of}}をTemporalで見る', tab: '新しいタブで開きます' },
  en: { open: 'See in Temporal', openOf: 'See {{of}} in Temporal', tab: 'opens in a new tab' },
});

/** To the workflow behind an object, where the installation has a Temporal UI. */
export function WorkflowLink({
  workflowId,
  of,
}: {
  readonly workflowId: string;
  /** What it does, where several links stand side by side or the page does not say it. */
  readonly of?: string;
}) {
  const words = useWords();
  const { data } = useRead('readConsole', {});
  if (!data?.temporalUi) return null;
  return (
    <Anchor
      href={`${data.temporalUi}/workflows/${encodeURIComponent(workflowId)}`}
      target="_blank"
      rel="noreferrer"
      size="sm"
      title={words('tab')}
    >
      {of === undefined ? words('open') : words('openOf', { of })}{' '}
      <IconExternalLink size={14} aria-hidden />
    </Anchor>
  );
}
