import type { Notice } from "../notice/notice.ts";
import type { Moment } from "../plan/notify.ts";
import type { NotifyConfiguration } from "./configuration.ts";
import { linksOf } from "./links.ts";

/** A notice that concerns no rollout, for a person who tries a receiver at `at` (RFC 3339). */
export function sampleNotice(
  { cluster, links }: Pick<NotifyConfiguration, "cluster" | "links">,
  moment: Moment,
  at: string,
): Notice {
  const place = { namespace: "serin", name: "test", revision: "1", moment };
  return {
    id: `test/${at}/${moment}`,
    severity: "info",
    ...(cluster !== undefined && { cluster }),
    ...place,
    uid: "test",
    version: "test",
    strategy: "canary",
    images: [],
    steps: 1,
    says: "This is a test by kubectl serin notify test. It concerns no rollout.",
    facts: [],
    commands: ["kubectl serin status"],
    links: linksOf(links, place),
    at,
    started: at,
  };
}
