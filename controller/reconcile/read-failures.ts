import { ApiError } from "../../kube/client/errors.ts";
import { reportReadFailure } from "../../rollout/stages/read-failure.ts";
import { NotRead } from "./brief-wait.ts";
import { performAll, type ReconcilerOptions } from "./perform.ts";

/** How long (ms) reads must have failed before people are told: a passing failure is not worth a write. */
const LASTING_MS = 5_000;

/** Tells the users of a rollout that the API server refuses to show what a decision about it needs. */
export class ReadFailures {
  readonly #options: ReconcilerOptions;
  /** UID of a Deployment in flight → since when (ms) its reads fail. */
  readonly #since = new Map<string, number>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** What `read` resolves with. Throws its error, after it has told a refusal that lasts. */
  async telling<T>(uid: string, read: () => Promise<T>): Promise<T> {
    try {
      const found = await read();
      this.#since.delete(uid);
      return found;
    } catch (error) {
      if (error instanceof ApiError || error instanceof NotRead) await this.#tell(uid, error);
      throw error;
    }
  }

  async #tell(uid: string, { message }: Error): Promise<void> {
    const { caches, clock } = this.#options;
    const now = clock.now();
    const since = this.#since.get(uid) ?? now;
    this.#since.set(uid, since);
    const deployment = caches.deployment(uid);
    if (deployment === undefined || now - since < LASTING_MS) return;
    await performAll(reportReadFailure(deployment, message, now), uid, this.#options);
  }
}
