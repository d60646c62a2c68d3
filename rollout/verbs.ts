import { type Answer, denied } from "./answer.ts";
import { firstWeight } from "./seen.ts";
import { type Held, holdFields, surgeFor } from "./hold.ts";
import type { Deployment } from "./objects.ts";
import type { Plan } from "./plan.ts";

const REVISION = "deployment.kubernetes.io/revision";
const VERBS = ["promote", "abort", "retry"] as const;
type Verb = (typeof VERBS)[number];

/** What a verb made of the request. */
export interface Asked {
  readonly object: Deployment;
  readonly held: Held | undefined;
  readonly warnings: readonly string[];
}

/**
 * `serin.dev/promote`, `abort` and `retry` are orders, not state: they are carried into the rollout's record and dropped
 * from the object. They name the revision, so that an order that comes late, or again with a manifest, does nothing.
 */
export function applyVerbs(
  object: Deployment,
  held: Held | undefined,
  plan: Plan,
  old: Deployment,
  now: string,
): Asked | (Answer & { allowed: false }) {
  const verbs = VERBS.filter((verb) => plan.verbs[verb] !== undefined);
  if (verbs.length === 0) return { object, held, warnings: [] };
  const stripped = withoutVerbs(object);
  if (verbs.length > 1) return denied(`only one of serin.dev/{${VERBS.join(",")}} at a time`) as Answer & { allowed: false };
  const verb = verbs[0] as Verb;
  if (held === undefined) return { object: stripped, held, warnings: [`serin.dev/${verb}: no rollout is in flight`] };
  const revision = old.metadata.annotations?.[REVISION];
  if (String(plan.verbs[verb]) !== revision) {
    const message = `serin.dev/${verb}: "${plan.verbs[verb]}" is not the revision in flight; expected "${revision}"`;
    return denied(message) as Answer & { allowed: false };
  }
  return obey(verb, stripped, held, plan, now);
}

function obey(verb: Verb, object: Deployment, held: Held, plan: Plan, now: string): Asked {
  const useless = { object, held, warnings: [`serin.dev/${verb}: not possible while the rollout is ${held.phase}`] };
  if (verb !== "retry") return held.phase === "canary" ? { object, held: { ...held, asked: verb }, warnings: [] } : useless;
  if (held.phase !== "failed") return useless;
  const { asked: _asked, ...rest } = held;
  const again: Held = { ...rest, phase: "canary", started: now };
  return { object: { ...object, spec: { ...object.spec, ...holdFields(surgeFor(firstWeight(plan))) } }, held: again, warnings: [] };
}

function withoutVerbs(object: Deployment): Deployment {
  const annotations = Object.fromEntries(
    Object.entries(object.metadata.annotations ?? {}).filter(([key]) => !VERBS.some((verb) => key === `serin.dev/${verb}`)),
  );
  return { ...object, metadata: { ...object.metadata, annotations } };
}
