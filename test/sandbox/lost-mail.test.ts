import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitForCompletion } from '../../sandbox/bill-month.ts';
import { startMailServer } from '../../sandbox/mail-server.ts';
import {
  dayMs,
  later,
  openPortalSession,
  type PortalSession,
  sessionStart,
} from './portal-session.ts';

let session: PortalSession;

beforeEach(async () => {
  session = await openPortalSession();
});

afterEach(() => session.stop());

test('a completion mail that came while nobody was there is made up for by the list', async () => {
  const acceptanceNumber = await session.handOver('オーソリ', [['338', 11_246]]);
  // The mailboxes of a later run: what came to the ones before is not in them.
  const emptyBoxes = await startMailServer();
  try {
    const wait = () => waitForCompletion(session.account, emptyBoxes, acceptanceNumber, 20);
    await expect(wait()).rejects.toThrow('no such mail');
    await session.setClock(later(sessionStart, dayMs));
    await expect(wait()).resolves.toBeUndefined();
  } finally {
    await emptyBoxes.stop();
  }
});
