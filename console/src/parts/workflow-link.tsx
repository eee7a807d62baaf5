import { Anchor } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';

const useWords = defineWords('workflow-link', {
  ja: { open: 'Temporalで見る', tab: '新しいタブで開きます' },
  en: { open: 'See in Temporal', tab: 'opens in a new tab' },
});

/** To the workflow behind an object, where the installation has a Temporal UI. */
export function WorkflowLink({ workflowId }: { readonly workflowId: string }) {
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
      {words('open')} <IconExternalLink size={14} aria-hidden />
    </Anchor>
  );
}
