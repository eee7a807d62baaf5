import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { businessDateOf, startOfBusinessDate } from '../../billing/business-date.ts';
import { openJournal, writeFileDurably } from '../paygent/journal.ts';
import { Refusal } from '../paygent/refusal.ts';
import type { GmoFault } from './faults.ts';
import { addMonths } from './judge-card.ts';
import { readRequest } from './request-file.ts';
import { type Answer, answerCards, spoilResult, writeResult } from './result-file.ts';
import { accountOf, applyGmoEvent, type GmoEvent, type GmoRequest, openGmoState } from './state.ts';

/** The simulated GMO's memory, and what it does with requests. */
export type GmoDesk = ReturnType<typeof openGmoDesk>;

/**
 * @param dataDir belongs to one running sandbox
 * @param resultFolderOf where a shop finds its results, on this machine
 */
export function openGmoDesk(dataDir: string, resultFolderOf: (shopId: string) => string) {
  const state = openGmoState();
  const journal = openJournal<GmoEvent>(join(dataDir, 'journal.ndjson'), (event) =>
    applyGmoEvent(state, event),
  );
  const commit = (event: GmoEvent): void => {
    journal.append(event);
    applyGmoEvent(state, event);
  };
  /** Requests whose right result stands there: nothing is read or written for them again. */
  const settled = new Set<GmoRequest>();
  const bytesOf = ({ sha256 }: GmoRequest): Buffer =>
    readFileSync(join(dataDir, 'requests', `${sha256}.csv`));

  function now(): string {
    if (state.now !== null) return state.now;
    throw new Refusal(
      409,
      'clock_not_set',
      '時計がまだ合わされていません。PUT /clock に {"now": "2026-11-22T00:00:00Z"} の形で時刻を送ってください。',
    );
  }

  function answersOf(request: GmoRequest): Answer[] {
    const { answer, month } = request;
    return answer === null ? [] : answerCards(answer.shop, readRequest(bytesOf(request)), month);
  }

  /** The right result of the shop's latest month before. */
  function resultBefore(shopId: string, { month }: GmoRequest): Buffer | null {
    const earlier = accountOf(state, shopId).requests.filter(
      (request) => request.month < month && request.answer !== null,
    );
    const request = earlier.sort((one, other) => (one.month < other.month ? 1 : -1))[0];
    return request?.answer ? writeResult(request.answer.shop, answersOf(request)) : null;
  }

  function publish(shopId: string, request: GmoRequest): void {
    const { answer, name } = request;
    if (answer === null || settled.has(request)) return;
    const path = join(resultFolderOf(shopId), resultNameOf(name));
    const there = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const answers = answersOf(request);
    const fault = answer.faults.find((one) => strikes(one, request.month, now()));
    if (fault?.kind === 'never' || fault?.kind === 'late') return;
    if (fault?.kind === 'growing') {
      const whole = writeResult(answer.shop, answers);
      const part = Math.ceil(whole.length / fault.parts);
      writeFileSync(path, whole.subarray(0, there.length + part));
      return;
    }
    const bytes =
      fault === undefined
        ? writeResult(answer.shop, answers)
        : spoilResult(answer.shop, answers, { fault, previous: resultBefore(shopId, request) });
    if (!bytes.equals(there)) writeFileSync(path, bytes);
    if (fault === undefined) settled.add(request);
  }

  return {
    state,
    commit,
    now,
    answersOf,

    /** A file that got its final name in the folder of requests. */
    takeRequest(shopId: string, name: string, bytes: Buffer): void {
      const at = now();
      const month = resultMonthOf(at);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      writeFileDurably(join(dataDir, 'requests', `${sha256}.csv`), bytes);
      const repeated = accountOf(state, shopId).requests.some((one) => one.month === month);
      commit({ type: 'received', shopId, name, sha256, at, month, repeated });
    },

    /** Answers what is due and puts the results as far as they are there by now. */
    publishDue(): void {
      if (state.now === null) return;
      for (const [shopId, { shop, requests }] of state.accounts) {
        for (const request of requests) {
          if (request.repeated || now() < resultDueAt(request.month)) continue;
          if (request.answer === null) {
            const faults = state.faults
              .filter((ordered) => ordered.shopId === shopId)
              .map(({ fault }) => fault);
            commit({ type: 'answered', shopId, name: request.name, shop, faults });
          }
          publish(shopId, request);
        }
      }
    },

    /** Time only moves forward. `kept` false: a restart forgets it. */
    moveClock(instant: string, kept: boolean): void {
      if (state.now === null || instant > state.now) {
        if (kept) commit({ type: 'clock', now: instant });
        else applyGmoEvent(state, { type: 'clock', now: instant });
      }
      this.publishDue();
    },

    close: () => journal.close(),
  };
}

/** Under which name the result of a request stands in the folder of results [assumed]. */
export function resultNameOf(requestName: string): string {
  return `${requestName.replace(/\.csv$/, '')}-result.csv`;
}

/** Results come on the 27th at 0:00 in Japan [manual]. */
function resultDueAt(month: string): string {
  return startOfBusinessDate(`${month}-27`);
}

/** What is asked for after the 27th is answered in the month after. */
function resultMonthOf(at: string): string {
  const month = businessDateOf(at).slice(0, 7);
  return at < resultDueAt(month) ? month : addMonths(month, 1);
}

/** Whether a fault still holds; one with an end lets the right result come. */
function strikes(fault: GmoFault, month: string, now: string): boolean {
  const passedMs = Date.parse(now) - Date.parse(resultDueAt(month));
  if (fault.kind === 'late') return passedMs < fault.days * 86_400_000;
  return !('minutes' in fault) || fault.minutes === null || passedMs < fault.minutes * 60_000;
}
