import { useState } from 'react';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Loaded } from '../parts/loaded.tsx';
import { MoreButtons } from '../parts/more-buttons.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { type Asked, SendErrorForm } from '../parts/send-error-form.tsx';
import { SendErrorTable } from '../parts/send-error-table.tsx';
import { SiblingPages } from '../parts/sibling-pages.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { deliveryWorkflow } from '../workflow-names.ts';

const useWords = defineWords('send-errors', {
  ja: { title: 'キャリア決済 送信エラー' },
  en: { title: 'Carrier payments: send errors' },
});

export type SendError = NonNullable<Read<'searchSendErrors'>['data']>['sendErrors'][number];

function SendErrorsPage() {
  const words = useWords();
  const { merchant } = useMerchant();
  const form = useRead('readSendErrorForm', { params: { merchant } });
  const [asked, setAsked] = useState<Asked | null>(null);
  const [before, setBefore] = useState<string | undefined>();
  const found = useRead(
    'searchSendErrors',
    {
      params: { merchant },
      body: {
        filter: asked ?? {},
        before: before ?? null,
        limit: asked?.mode === 'bulk' ? 200 : 50,
      },
    },
    { enabled: asked !== null },
  );
  const ask = (filter: Asked | null) => {
    setBefore(undefined);
    setAsked(filter);
  };
  // A refused search says which field lacks what; the rows before it would be those of another one.
  const refused = found.error?.status === 400 || found.error?.status === 422;
  return (
    <Page title={words('title')} actions={<DeliveryLinks />}>
      <SiblingPages family="of-carriers" />
      <Loaded read={form}>{(start) => <SendErrorForm form={start} onAsk={ask} />}</Loaded>
      {refused && <ProblemNote problem={found.error} />}
      {asked !== null && !refused && (
        <Loaded read={found}>
          {({ sendErrors, nextBefore, mode }) => (
            <>
              <SendErrorTable
                key={`${mode} ${before} ${JSON.stringify(asked)}`}
                mode={mode}
                rows={sendErrors}
              />
              <MoreButtons after={before} nextAfter={nextBefore} onGo={setBefore} />
            </>
          )}
        </Loaded>
      )}
    </Page>
  );
}

/** What delivers to each endpoint, in Temporal. */
function DeliveryLinks() {
  const { merchant } = useMerchant();
  const { data } = useRead('listDeliveryEndpoints', { params: { merchant } });
  return data?.endpoints.map(({ endpoint }) => (
    <WorkflowLink key={endpoint} workflowId={deliveryWorkflow(endpoint)} of={endpoint} />
  ));
}

export const route = { Component: SendErrorsPage };
