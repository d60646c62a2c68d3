import type { RolloutView } from "../../../rollout/view/view.ts";
import type { RolloutChanges } from "../../api.ts";

/** The rollouts that the page knows, by `rolloutKey`. */
export interface KnownRollouts {
  /** When the server said so (RFC 3339). */
  readonly at: string;
  readonly views: ReadonlyMap<string, RolloutView>;
  /** What the operator calls the cluster. */
  readonly cluster?: string;
}

/** What names a rollout among all: `namespace/name`. */
export function rolloutKey({ metadata }: Pick<RolloutView, "metadata">): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** The rollouts after an event of the stream. A view that did not change stays the same object. */
export function withChanges(listed: KnownRollouts | undefined, changes: RolloutChanges): KnownRollouts {
  const views = new Map(changes.all ? [] : listed?.views);
  for (const key of changes.gone) views.delete(key);
  for (const view of changes.changed) views.set(rolloutKey(view), view);
  const cluster = changes.cluster ?? listed?.cluster;
  return { at: changes.at, views, ...(cluster !== undefined && { cluster }) };
}

/** The rollouts whose state differs from before, as sentences for a person who cannot see the list. */
export function newStates(
  before: KnownRollouts | undefined,
  after: KnownRollouts,
  wordOf: WordOf,
): readonly string[] {
  if (before === undefined) return [];
  return [...after.views.values()].flatMap((view) => {
    const was = before.views.get(rolloutKey(view));
    return was?.state === view.state
      ? []
      : [`${view.metadata.name} in ${view.metadata.namespace}: ${wordOf(view)}`];
  });
}

type WordOf = (view: RolloutView) => string;
