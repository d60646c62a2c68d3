import { decide } from "../../rollout/stages/decide.ts";
import type { Decision } from "../../rollout/stages/decision.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";

/** How long (ms) the receivers of notices take. */
const NOTICE_MS = 5_000;

/** Receivers that want to hear of every end: a rollout keeps its records until they have. */
export class EndNotices {
  /** The rollout's name → when they have heard of its end. */
  readonly #until = new Map<string, number>();

  /** Decides, and tells the receivers the end that the decision reports. */
  decide(snapshot: Snapshot): Decision {
    const { held, now } = snapshot;
    const tellsEnd = now < (this.#until.get(held.started) ?? Number.POSITIVE_INFINITY);
    const decision = decide({ ...snapshot, tellsEnd });
    if (decision.ends === undefined) return decision;
    const until = this.#until.get(held.started) ?? now + NOTICE_MS;
    this.#until.set(held.started, until);
    return { ...decision, waitMs: until - now };
  }
}
