import type { PastRollout, RolloutView } from "../../../rollout/view/view.ts";
import type { RolloutDetail } from "../../api.ts";

/** What the page of a rollout is about. */
export type PageSubject =
  | { readonly kind: "flight"; readonly view: RolloutView; readonly revision: string }
  | { readonly kind: "past"; readonly past: PastRollout; readonly revision: string }
  /** No record of this revision, or of any rollout. */
  | { readonly kind: "none"; readonly revision?: string };

/**
 * What the reader asked for: a revision, or without one the rollout in flight, else the one that ended last. `live` is the
 * view of the stream, which is newer than the detail but has no pods.
 */
export function subjectOf(
  { view, history }: RolloutDetail,
  live: RolloutView | undefined,
  revision?: string,
): PageSubject {
  const newest = live !== undefined && live.at >= view.at ? { ...live, pods: view.pods } : view;
  if (newest.state !== "rest" && (revision === undefined || revision === newest.revision))
    return { kind: "flight", view: newest, revision: newest.revision };
  const past = revision === undefined ? lastEnded(history) : history.find((one) => one.revision === revision);
  if (past?.revision === undefined) return { kind: "none", ...(revision !== undefined && { revision }) };
  return { kind: "past", past, revision: past.revision };
}

function lastEnded(history: readonly PastRollout[]): PastRollout | undefined {
  const ended = history.filter((one) => one.ended !== undefined);
  return ended.toSorted((a, b) => Date.parse(b.ended ?? "") - Date.parse(a.ended ?? ""))[0];
}
