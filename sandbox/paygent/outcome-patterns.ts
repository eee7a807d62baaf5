import type { RuledOutcome } from './outcome-rules.ts';

/**
 * Order numbers and amounts that ask for a certain outcome, so that anybody can bring about any
 * decline without settings. They hold for every merchant of the sandbox, unless it switches
 * `outcomes.testPatterns` off, and are built so that no shop's own numbers meet them by chance.
 */

export interface OutcomePattern {
  readonly field: 'orderNumber' | 'amountYen';
  /** Groups: `code`, two digits of an issuer's code; `times`, how many attempts it answers. */
  readonly pattern: RegExp;
  /** Without it the outcome is the issuer's code of the group. */
  readonly outcome?: 'ok' | 'unknown';
  readonly example: string;
  /** What the example brings about, for the portal's page and docs/sandbox.md. */
  readonly meaningJa: string;
  readonly meaning: string;
}

export const outcomePatterns: readonly OutcomePattern[] = [
  {
    field: 'orderNumber',
    pattern: /-G(?<code>\d\d)$/,
    example: '338-G83',
    meaningJa: '常に G83 で NG',
    meaning: 'declined with G83, every time',
  },
  {
    field: 'orderNumber',
    pattern: /-G(?<code>\d\d)x(?<times>[1-9])$/,
    example: '338-G03x2',
    meaningJa: '2 回目まで G03 で NG、3 回目から OK',
    meaning: 'declined with G03 twice, then OK',
  },
  {
    field: 'orderNumber',
    pattern: /-OK$/,
    outcome: 'ok',
    example: '338-OK',
    meaningJa: '常に OK',
    meaning: 'OK, whatever the draw',
  },
  {
    field: 'orderNumber',
    pattern: /-UNKNOWN$/,
    outcome: 'unknown',
    example: '338-UNKNOWN',
    meaningJa: '結果ファイルの処理結果が 9(不明)',
    meaning: 'a result code that no table knows; Paygent holds no authorization',
  },
  {
    field: 'amountYen',
    pattern: /^90000(?!00)(?<code>\d\d)$/,
    example: '9000083',
    meaningJa: '金額 9,000,083 円は G83 で NG',
    meaning: '9,000,000 yen and the code: declined with G83, every time',
  },
];

/** The outcome that a request asks for by its order number or amount; null when it asks for none. */
export function matchPattern(request: {
  readonly orderNumber: string;
  readonly amountYen: number;
  readonly attempt: number;
}): RuledOutcome | null {
  for (const { field, pattern, outcome } of outcomePatterns) {
    const match = pattern.exec(String(request[field]));
    if (!match) continue;
    if (outcome !== undefined) return outcome;
    const { code, times } = match.groups ?? {};
    return times !== undefined && request.attempt > Number(times) ? 'ok' : `G${code}`;
  }
  return null;
}
