export type ClockAdvanceProblem =
  | 'unknown_merchant'
  | 'real_merchant'
  | 'not_ahead'
  | 'moved_by_another'
  | 'not_settled'
  | 'no_answer'
  | 'too_many_steps';

/** The clock could not be moved, or not as far as wanted. It stays at the last step reached. */
export class ClockAdvanceError extends Error {
  override name = 'ClockAdvanceError';
  readonly problem: ClockAdvanceProblem;

  constructor(problem: ClockAdvanceProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
