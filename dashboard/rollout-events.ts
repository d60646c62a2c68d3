import type { KubeObject } from "../kube/core/meta.ts";
import type { RolloutEvent } from "./api.ts";

/** An Event of the core API, as far as the page shows it. */
export interface CoreEvent extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
  readonly eventTime?: string | null;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
}

/** How many events the page shows. */
const MOST = 50;

/** The events for people, the newest first. */
export function rolloutEvents(events: readonly CoreEvent[]): readonly RolloutEvent[] {
  return events
    .map(shown)
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
    .slice(0, MOST);
}

function shown(event: CoreEvent): RolloutEvent {
  const { type, reason = "", message = "", count, series, metadata } = event;
  const times = [series?.lastObservedTime, event.lastTimestamp, event.eventTime, event.firstTimestamp];
  return {
    at: times.find(Boolean) ?? metadata.creationTimestamp ?? new Date(0).toISOString(),
    type: type === "Warning" ? "Warning" : "Normal",
    reason,
    says: message,
    count: series?.count ?? count ?? 1,
  };
}
