import { conditionOf } from "../../kube/core/meta.ts";
import { CONDITION } from "../keys.ts";
import { orderCommand } from "../stages/commands.ts";
import type { Snapshot } from "../stages/snapshot.ts";
import { isPaused, recordedWait, waitOf } from "../stages/wait.ts";
import type { RolloutView } from "./view.ts";

type Waits = NonNullable<RolloutView["waits"]>;

/** What a rollout in flight says of itself: the condition `Canary`, unless that is still an earlier rollout's. */
export function conditionOfRun({ deployment, held }: Pick<Snapshot, "deployment" | "held">) {
  const told = conditionOf(deployment.status?.conditions, CONDITION);
  // The API server keeps whole seconds.
  return Date.parse(told?.lastUpdateTime ?? "") + 1_000 > Date.parse(held.started) ? told : undefined;
}

/** The state of a rollout in flight, as one word. */
export function stateOf(snapshot: Snapshot): RolloutView["state"] {
  const { held, run } = snapshot;
  if (held.phase === "undone") return "undone";
  if (held.phase === "failed" || run?.outcome === "failed") return "rolled-back";
  if (held.phase === "promoting" || run?.outcome === "proven")
    return isPaused(snapshot) ? "waiting" : "promoting";
  if (isPaused(snapshot)) return "waiting";
  const reason = conditionOfRun(snapshot)?.reason;
  if (reason === "Progressing") return "progressing";
  const wait = recordedWait(snapshot, reason) ?? "pods";
  return wait === "person" ? "waiting" : wait === "pods" ? "preparing" : "holding";
}

/** What the rollout waits for; `undefined` while it goes on by itself. */
export function waitsOf(snapshot: Snapshot): Waits | undefined {
  const state = stateOf(snapshot);
  if (!["preparing", "holding", "waiting"].includes(state)) return undefined;
  const wait = recordedWait(snapshot, conditionOfRun(snapshot)?.reason);
  const reason = waitOf(snapshot, wait ?? "pods") ?? "pods";
  const { name, namespace } = snapshot.deployment.metadata;
  const command = isPaused(snapshot)
    ? `kubectl rollout resume deployment/${name}`
    : orderCommand(snapshot, state === "preparing" && snapshot.run === undefined ? "abort" : "promote");
  return { reason, command: `${command} -n ${namespace}` };
}
