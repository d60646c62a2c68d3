/** Serin has too much other work to answer in time. */
export class Busy extends Error {
  override name = "Busy";
  /** The HTTP status where no review is answered. */
  readonly status = 429;
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super("serin works on too many other updates");
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
