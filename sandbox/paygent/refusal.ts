/** A request that the sandbox understands and refuses; the server answers it as problem+json. */
export class Refusal extends Error {
  readonly status: number;
  /** A stable slug. */
  readonly code: string;
  /** Further members of the answer. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}
