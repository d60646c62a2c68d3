import type { Stranger } from "../../kube/core/services.ts";
import { describeStranger } from "../preflight/services.ts";
import { type Decision, saying } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Adds to the condition who else came behind the Services in flight. It is no reason to hold. Pods get no request while the
 * Services are isolated, and a promotion gives them theirs, so that waiting would only make it worse. Addresses that somebody
 * keeps in an EndpointSlice get theirs all the time, because no selector reaches them.
 */
export function reportStrangers({ strangers = [], services }: Snapshot, decision: Decision): Decision {
  const names = new Set(services.map(({ metadata }) => metadata.name));
  const own = strangers.filter(({ service }) => names.has(service));
  const isKept = ({ kind }: Stranger) => kind === "EndpointSlice";
  const clauses = [
    clause(
      own.filter((one) => !isKept(one)),
      "also selects",
      "they get no requests through it until the rollout ends",
    ),
    clause(own.filter(isKept), "also leads to", "they answer a part of the stable version's requests"),
  ];
  return clauses.reduce((told, said) => (said === "" ? told : saying(told, said)), decision);
}

function clause(strangers: readonly Stranger[], verb: string, what: string): string {
  const who = strangers.map((one) => `Service ${one.service} ${verb} ${describeStranger(one)}`).join(", ");
  return who && `. ${who}: ${what}`;
}
