import type { Gateway } from "./gateway.ts";
import { application } from "./metrics/application.ts";

const NUMBERED = "it numbers the servers of a rule, so both versions are alike in its metrics";

/**
 * HAProxy Ingress makes one proxy of each rule, `<ns>_<route>__rule<n>`, with the pods of all its backends as servers. Its
 * converter of the Gateway API ignores `backend-server-naming: pod`, so the servers are `srv001`, `srv002`, … (0.17). It applies
 * at most one update in 2 s.
 */
export const haproxy: Gateway = {
  name: "HAProxy Ingress",
  controllers: ["haproxy-ingress.github.io"],
  settleMs: 5_000,
  metrics: { pack: application, unusable: { HTTPRoute: NUMBERED, GRPCRoute: NUMBERED } },
  lacks: {
    mirror: "does not accept routes that have a mirror",
    "mirror-percent": "has no mirrors",
    "backend-filters": "ignores filters of backends",
    "query-parameters": "ignores them, so every request would match",
  },
  doubts: {
    expressions:
      "compares each piece of a header between commas, so a stranger's `x=1,a=1` has the cookie a=1",
  },
};
