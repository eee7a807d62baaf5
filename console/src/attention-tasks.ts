import type { CallAnswer } from '../../api/client/call.ts';
import type { Contract } from '../../api/contract.ts';
import { businessDateOf } from '../../billing/business-date.ts';
import type { Task } from './tasks.ts';

/** What needs a person and belongs to no month's billing; pure, from what the API says. */

export type Attention = CallAnswer<Contract['readAttention']>;

const base = {
  month: '',
  advice: null,
  rows: 0,
  yen: 0,
  more: false,
  dueOn: null,
  stage: null,
  reason: null,
};

/** @param actor who looks: of an override that somebody asked for themselves another person decides */
export function attentionTasks(attention: Attention, actor: string): Task[] {
  const { refreshes, overrides, migrations, imports } = attention;
  return [
    ...refreshes.map(({ month, stage, waitsFor, dueAt }) => ({
      ...base,
      key: `refresh ${month}`,
      kind: 'refresh' as const,
      month,
      name: '',
      stage,
      advice: waitsFor,
      dueOn: dueAt === null ? null : businessDateOf(dueAt),
      steps: ['card-refreshes', month],
    })),
    ...overrides.map(({ lock, askedBy }) => ({
      ...base,
      key: `override ${lock}`,
      kind: askedBy === actor ? ('override_asked' as const) : ('override' as const),
      name: String(lock),
      advice: askedBy,
      steps: ['card-locks', lock],
    })),
    ...migrations.map(({ number, stage, note, late }) => ({
      ...base,
      key: `migration ${number}`,
      kind: late ? ('migration_late' as const) : ('migration' as const),
      name: String(number),
      stage,
      advice: note,
      steps: ['card-migrations', number],
    })),
    ...imports.map(({ number, fileName, stage, trouble }) => ({
      ...base,
      key: `import ${number}`,
      kind: stage === 'refused' ? ('import_refused' as const) : ('import_held' as const),
      name: fileName,
      advice: trouble,
      steps: ['imports', number],
    })),
    ...sendErrorTask(attention.sendErrors),
    ...mailTask(attention.mails),
  ];
}

function sendErrorTask({ rows, yen, more, oldestAt }: Attention['sendErrors']): Task[] {
  if (rows === 0 || oldestAt === null) return [];
  // Of several IPコード the desk wants a day or a keyword: the day of the oldest is worked first.
  const date = businessDateOf(oldestAt);
  const place = `send-errors?condition=open&mode=bulk&period=date&date=${date}`;
  return [
    { ...base, key: 'send-errors', kind: 'send_errors', name: '', rows, yen, more, steps: [place] },
  ];
}

function mailTask({ rows, more }: Attention['mails']): Task[] {
  if (rows === 0) return [];
  return [
    { ...base, key: 'mails', kind: 'mails', name: '', rows, more, steps: ['mails?state=unknown'] },
  ];
}
