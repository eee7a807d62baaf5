import { CHARGE_STATES, type ChargeState } from './charge.ts';

/** Everything that can happen to a charge; each is one recorded fact. */
export const CHARGE_EVENTS = {
  authorization_claimed: 'an attempt is claimed for a file, before the file leaves',
  authorization_ok: 'the result file, an inquiry or an operator says: authorized',
  authorization_declined: 'the same says: declined',
  file_rejected: 'the PSP refused the format of the file: nobody in it was billed',
  authorization_not_sent: 'the file never left, or an operator confirmed that it did not arrive',
  exchange_lost: 'the hand-over of the file ended without an answer',
  exchange_found: 'the hand-over of the file was confirmed after all',
  verdict_unknown: 'the result file holds the row, its result code is not one we know',
  verdict_quarantined: 'the result file contradicts the sent row, or lacks it',
  capture_claimed: 'a capture is claimed for a file or list, before that leaves',
  captured: 'the PSP captured the amount',
  capture_refused: 'the PSP refused the capture',
  capture_not_sent: 'the capture never left',
  void_claimed: 'a void is claimed for a list, before that leaves',
  voided: 'the PSP voided the authorization',
  void_refused: 'the PSP refused the void',
  void_not_sent: 'the void never left',
  authorization_expired: 'the capture deadline passed a day ago and no capture is claimed',
  carried_over: 'the next charge of the customer takes the yen over',
  cancelled: 'an operator cancelled the charge, with a reason',
  given_up: 'an operator gave the charge up, with a reason',
  released: 'an operator opened an ended charge again, with a reason',
  contradiction_found:
    'a result contradicts what is recorded: possibly authorized or captured twice',
  contradiction_settled: 'an operator settled the contradiction; the recorded facts speak again',
} as const;
export type ChargeEvent = keyof typeof CHARGE_EVENTS;

type Transitions = Readonly<
  Record<ChargeState, Partial<Record<ChargeEvent, readonly ChargeState[]>>>
>;

/** What may follow where no authorization is alive and none is in doubt. */
const free = {
  authorization_claimed: ['sent'],
  carried_over: ['carried_over'],
  cancelled: ['cancelled'],
  given_up: ['given_up'],
  contradiction_found: ['quarantined'],
} as const;

const answersToAuthorization = {
  authorization_ok: ['authorized'],
  authorization_declined: ['declined'],
  file_rejected: ['planned'],
  authorization_not_sent: ['planned'],
} as const;

const answersToCapture = {
  captured: ['captured'],
  capture_refused: ['authorized'],
  capture_not_sent: ['authorized'],
} as const;

const answersToVoid = {
  voided: ['voided'],
  void_refused: ['authorized'],
  void_not_sent: ['authorized'],
} as const;

const doubts = {
  exchange_lost: ['unknown'],
  verdict_unknown: ['unknown'],
  verdict_quarantined: ['quarantined'],
  contradiction_found: ['quarantined'],
} as const;

/**
 * Every legal transition of a charge, each edge named by its event. Where an edge has several ends,
 * the facts behind the state decide: `unknown` and `quarantined` hide whether an authorization, a
 * capture or a void is in doubt, and a settled contradiction uncovers whatever it covered.
 *
 * The database holds these edges by its own rules (migration 2026-11-22-05-rules); a randomized
 * test walks both against each other.
 */
export const CHARGE_TRANSITIONS = {
  planned: free,
  declined: free,
  voided: free,
  expired: free,
  sent: { ...answersToAuthorization, ...doubts },
  authorized: {
    capture_claimed: ['capture_sent'],
    void_claimed: ['void_sent'],
    authorization_expired: ['expired'],
    contradiction_found: ['quarantined'],
  },
  capture_sent: { ...answersToCapture, ...doubts },
  void_sent: { ...answersToVoid, ...doubts },
  unknown: {
    ...answersToAuthorization,
    ...answersToCapture,
    ...answersToVoid,
    exchange_found: ['sent', 'capture_sent', 'void_sent'],
    verdict_quarantined: ['quarantined'],
    contradiction_found: ['quarantined'],
  },
  quarantined: {
    ...answersToAuthorization,
    ...answersToCapture,
    ...answersToVoid,
    verdict_unknown: ['unknown'],
    contradiction_settled: CHARGE_STATES.filter((state) => state !== 'quarantined'),
  },
  captured: { contradiction_found: ['quarantined'] },
  carried_over: { contradiction_found: ['quarantined'] },
  cancelled: { released: ['planned'], contradiction_found: ['quarantined'] },
  given_up: { released: ['planned'], contradiction_found: ['quarantined'] },
} as const satisfies Transitions;

/** Compiles only while every event stands in the table: an event without an edge is a leftover. */
type EventsInTable = {
  [State in ChargeState]: keyof (typeof CHARGE_TRANSITIONS)[State];
}[ChargeState];
const _everyEventHasAnEdge: [ChargeEvent] extends [EventsInTable] ? true : never = true;
void _everyEventHasAnEdge;

/** Where `event` may lead from `state`; empty when it cannot happen there. */
export function nextChargeStates(state: ChargeState, event: ChargeEvent): readonly ChargeState[] {
  return (CHARGE_TRANSITIONS as Transitions)[state][event] ?? [];
}

/**
 * The table as a Mermaid state diagram, for ARCHITECTURE.md. The two events of a contradiction
 * touch nearly every state and stand in a note instead of 26 arrows.
 */
export function renderChargeTransitions(): string {
  const lines = ['stateDiagram-v2', '  [*] --> planned'];
  for (const state of CHARGE_STATES) {
    const eventsByEnd = new Map<ChargeState, ChargeEvent[]>();
    for (const event of Object.keys(CHARGE_EVENTS) as ChargeEvent[]) {
      if (event === 'contradiction_found' || event === 'contradiction_settled') continue;
      for (const end of nextChargeStates(state, event)) {
        eventsByEnd.set(end, [...(eventsByEnd.get(end) ?? []), event]);
      }
    }
    for (const [end, events] of eventsByEnd) {
      lines.push(`  ${state} --> ${end}: ${events.join(' / ')}`);
    }
  }
  lines.push(
    '  note right of quarantined',
    '    contradiction_found leads here from every state,',
    '    contradiction_settled back to what the facts say',
    '  end note',
  );
  return `${lines.join('\n')}\n`;
}
