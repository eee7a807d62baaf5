import { setHandler } from '@temporalio/workflow';
import type { Act, OfCycle } from '../activities/acts.ts';
import type { BilledKind } from '../activities/build-files.ts';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import type { ExchangeName } from '../billing/exchange.ts';
import type { OperatorAct } from './messages.ts';
import {
  acknowledgeInquiry,
  confirmPortalCaptures,
  confirmVoids,
  readInquiry,
  useInquiry,
  voidCharges,
} from './portal-messages.ts';
import { refuseUnless } from './refusals.ts';

/**
 * Hears what people do on the portal by a list instead of a file, and what the portal's own list says.
 *
 * @param told runs the act once the month has its row, and has the month read its rows again
 */
export function hearPortalActs(
  of: (act: OperatorAct) => OfCycle & { act: Act; workflowId: string },
  told: <Result>(act: () => Promise<Result>) => Promise<Result>,
  short: MainActivities,
  files: FileActivities,
): void {
  const validator = ({ orderNumbers }: { readonly orderNumbers: readonly string[] }) =>
    refuseUnless(orderNumbers.length > 0, '注文番号を1件以上指定してください。');
  setHandler(
    voidCharges,
    ({ orderNumbers, confirmed, ...act }) =>
      told(() => short.voidCharges({ ...of(act), orderNumbers, confirmed })),
    { validator },
  );
  setHandler(
    confirmVoids,
    ({ orderNumbers, result, ...act }) =>
      told(() => short.confirmVoids({ ...of(act), orderNumbers, result })),
    { validator },
  );
  setHandler(
    confirmPortalCaptures,
    ({ orderNumbers, confirmed, result, ...act }) =>
      told(() => files.confirmPortalCaptures({ ...of(act), orderNumbers, confirmed, result })),
    {
      validator: ({ orderNumbers }) =>
        refuseUnless(orderNumbers?.length !== 0, '注文番号を1件以上指定してください。'),
    },
  );
  setHandler(readInquiry, ({ sha256, ...act }) =>
    told(() => files.readInquiry({ ...of(act), sha256 })),
  );
  setHandler(acknowledgeInquiry, ({ n, confirmed, ...act }) =>
    told(() => files.acknowledgeInquiry({ ...of(act), n, confirmed })),
  );
  setHandler(useInquiry, ({ n, confirmed, ...act }) =>
    told(async () => {
      const used = await files.useInquiry({ ...of(act), n, confirmed });
      const { rows, yen, returned } = used;
      // Files that never left lost lines that were carried out elsewhere: the others want a new one.
      for (const exchange of returned.filter(isBilled)) {
        await files.buildReturnedFiles({ ...of(act), exchange });
      }
      if (returned.length > 0) await short.startExchanges(of(act));
      // A file that is done leaves its turn to another.
      const [exchange] = used.files;
      if (exchange !== undefined) await short.admitFiles({ ...of(act), exchange });
      return { rows, yen };
    }),
  );
}

function isBilled(name: ExchangeName): name is ExchangeName & { kind: BilledKind } {
  return name.kind === 'auth' || name.kind === 'capture' || name.kind === 'retry';
}
