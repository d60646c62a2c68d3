import type { Charts, EndedList, RolloutDetail, RolloutList } from "../../../dashboard/api.ts";
import { commandsFor } from "../../../dashboard/commands.ts";
import { historyOf } from "../../../rollout/view/history.ts";
import type { RolloutView } from "../../../rollout/view/view.ts";
import { viewOf } from "../../../rollout/view/view-of.ts";
import { AT_NOON } from "../builders.ts";
import { someCharts } from "./charts.ts";
import { aFlight, aListedView, type FlightParts } from "./flights.ts";

/** What a server of the tests answers. */
export interface PageScene {
  readonly list: RolloutList;
  readonly all: RolloutList;
  readonly ended: EndedList;
  /** `undefined`: there is no such Deployment. */
  detail(namespace: string, name: string): RolloutDetail | undefined;
  charts(namespace: string, name: string, revision: string): Charts;
}

/** One rollout of each kind. */
const flights: readonly FlightParts[] = [
  { namespace: "shop", name: "web" },
  { namespace: "pay", name: "ledger", state: "rolled-back", age: 7_380, harm: Math.log(354), safe: -3 },
  { namespace: "shop", name: "checkout", state: "waiting", age: 3_120, weight: 5, safe: Math.log(40) },
  { namespace: "pay", name: "cards", state: "holding", age: 400, safe: 0.2 },
  { namespace: "shop", name: "search", state: "promoting", age: 600, safe: Math.log(25) },
  { namespace: "infra", name: "edge", state: "preparing", age: 9 },
];
/** Opted-in Deployments at rest. */
const resting: readonly FlightParts[] = [
  { namespace: "infra", name: "dns", state: "rest", age: 9_000 },
  { namespace: "shop", name: "cart", state: "rest", age: 90_000 },
];

/** The scene with these rollouts in flight. */
export function aScene(inFlight: readonly FlightParts[] = flights): PageScene {
  const listOf = (parts: readonly FlightParts[]): RolloutList => ({
    at: AT_NOON,
    cluster: "prod-eu",
    rollouts: parts.map(aListedView),
  });
  const find = (namespace: string, name: string) =>
    [...inFlight, ...resting].find(
      (one) => (one.namespace ?? "shop") === namespace && (one.name ?? "web") === name,
    );
  return {
    list: listOf(inFlight),
    all: listOf([...inFlight, ...resting]),
    ended: {
      at: AT_NOON,
      ended: [...inFlight.filter(({ state }) => state === "rolled-back"), ...resting].map((parts) => {
        const { deployment, replicaSets } = aFlight(parts);
        const [newest] = historyOf(deployment, replicaSets).revisions;
        const { namespace = "", name } = deployment.metadata;
        if (newest === undefined) throw new Error(`${name} has no revision`);
        return { namespace, name, ...newest };
      }),
    },
    detail: (namespace, name) => {
      const parts = find(namespace, name);
      return parts && detailOf(parts);
    },
    charts: (namespace, name, revision) =>
      someCharts({ revision, bad: find(namespace, name)?.state === "rolled-back" }),
  };
}

function detailOf(parts: FlightParts): RolloutDetail {
  const raw = aFlight(parts);
  const view = viewOf(raw);
  return {
    view,
    history: historyOf(raw.deployment, raw.replicaSets).revisions,
    events: [
      newestEvent(view),
      {
        at: view.started ?? AT_NOON,
        type: "Normal",
        reason: "CanaryStarted",
        says: "canary has 10 % of the traffic, step 1 of 3",
        count: 1,
      },
    ],
    changes: view.state === "rest" ? [] : [deploymentChange(view)],
    commands: commandsFor(view),
    missing: [],
  };
}

function newestEvent({ state, says = "" }: RolloutView): RolloutDetail["events"][number] {
  if (state === "rolled-back") return { at: AT_NOON, type: "Warning", reason: "RolledBack", says, count: 1 };
  const isWaiting = state === "waiting" || state === "holding";
  const reason = isWaiting ? "CanaryWaiting" : "CanaryStep";
  return { at: AT_NOON, type: "Normal", reason, says, count: isWaiting ? 3 : 1 };
}

function deploymentChange({ metadata: { name, namespace } }: RolloutView) {
  const spec = (held: string) => `minReadySeconds: ${held}\nstrategy:\n  type: RollingUpdate\n`;
  return { name: `deployment/${name}`, namespace, was: spec("0"), is: spec("2147483645") };
}
