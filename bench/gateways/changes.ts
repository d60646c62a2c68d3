import { setTimeout as sleep } from "node:timers/promises";
import { type CheckedRoute, ref } from "./checked-route.ts";

/** How a gateway follows changes of weights: the longest of 16 changes, in ms after the write. */
export interface Settle {
  /** Until the route's status was current; absent: one never was. */
  readonly statusMs?: number;
  /** Until the first request that a raised weight gave to the canary. */
  readonly firstMs: number;
  /** Until the last request to the canary after its weight fell to 0. */
  readonly lastMs: number;
}

/** The requests that a kind of change cost. */
export interface Loss {
  readonly requests: number;
  /** Requests that the gateway answered itself, or that broke. */
  readonly lost: number;
  /** Answers of a version that no weight and no match gave. */
  readonly wrong: number;
}

const RPS = 200;
const SETTLE_TURNS = 8;
const MOST_MS = 30_000;

const raised = [{ backendRefs: [ref("v1", 70), ref("v2", 30)] }];
const lowered = [{ backendRefs: [ref("v1", 100), ref("v2", 0)] }];

/** Measures how soon changes are in force, with 200 requests a second. */
export async function settle(route: CheckedRoute): Promise<Settle> {
  await route.apply(lowered);
  const load = route.load(RPS);
  const [status, first, last]: [(number | undefined)[], number[], number[]] = [[], [], []];
  for (let turn = 0; turn < SETTLE_TURNS; turn += 1) {
    for (const rules of [raised, lowered]) {
      const at = Date.now();
      status.push(await route.write(rules));
      await sleep(route.target.holdMs);
      const canary = () =>
        [...load.rows(at)].filter(({ version }) => version === "v2").map((row) => row.at - at);
      // A gateway that needs longer than the check waits shows it here.
      while (rules === raised && canary().length === 0 && Date.now() - at < MOST_MS) await sleep(50);
      if (rules === raised) first.push(Math.min(MOST_MS, ...canary()));
      else last.push(Math.max(0, ...canary()));
    }
  }
  await load.stop();
  const known = status.filter((ms) => ms !== undefined);
  return {
    ...(known.length === status.length && { statusMs: Math.round(Math.max(...known)) }),
    firstMs: Math.round(Math.max(...first)),
    lastMs: Math.round(Math.max(...last)),
  };
}

const plain = [{ backendRefs: [ref("v1", 1)] }];
const add = [{ name: "Set-Cookie", value: "check=v1; Path=/" }];
const cookie = { filters: [{ type: "ResponseHeaderModifier", responseHeaderModifier: { add } }] };
const chosen = {
  matches: [{ headers: [{ name: "x-canary", value: "always" }] }],
  backendRefs: [ref("v2", 1)],
};

/** As Serin adds it where a gateway forgets the endpoints of a Service without weight (rollout/traffic/standby-rule.ts). */
const forNobody = {
  matches: [{ headers: [{ name: "serin-standby", value: "nobody" }] }],
  backendRefs: [ref("v1", 1), ref("v2", 1)],
};

/** The kinds of changes, each as two states of the route between which it turns. `allowed`: the versions that may answer. */
const KINDS: Readonly<Record<string, readonly [(readonly object[])[], allowed: readonly string[]]>> = {
  "weights 100/0 ↔ 70/30": [
    [lowered, raised],
    ["v1", "v2"],
  ],
  "weights 100/0 ↔ 0/100": [
    [lowered, [{ backendRefs: [ref("v1", 0), ref("v2", 100)] }]],
    ["v1", "v2"],
  ],
  "weights 100/0 ↔ 0/100, beside a rule for nobody": [
    [
      [...lowered, forNobody],
      [{ backendRefs: [ref("v1", 0), ref("v2", 100)] }, forNobody],
    ],
    ["v1", "v2"],
  ],
  "the canary's backend comes and goes": [[plain, lowered], ["v1"]],
  "a rule behind the user's comes and goes": [[plain, [...plain, chosen]], ["v1"]],
  "a rule before the user's comes and goes": [[plain, [chosen, ...plain]], ["v1"]],
  "filters of backends come and go": [
    [raised, [{ backendRefs: [ref("v1", 70, cookie), ref("v2", 30, cookie)] }]],
    ["v1", "v2"],
  ],
};

/** The changes that a GRPCRoute is asked for: Serin makes them for every rollout. */
export const OF_CALLS: readonly string[] = [
  "weights 100/0 ↔ 70/30",
  "weights 100/0 ↔ 0/100",
  "the canary's backend comes and goes",
];

/** Counts the requests lost at `turns` changes there and back of each of these kinds, with 200 requests a second. */
export async function losses(
  route: CheckedRoute,
  turns: number,
  kinds: readonly string[] = Object.keys(KINDS),
): Promise<Readonly<Record<string, Loss>>> {
  const found: Record<string, Loss> = {};
  for (const [kind, [states, allowed]] of Object.entries(KINDS)) {
    if (!kinds.includes(kind)) continue;
    await route.apply(states[0] ?? []);
    const load = route.load(RPS);
    await sleep(500);
    for (let turn = 0; turn < 2 * turns; turn += 1) {
      await route.write(states[(turn + 1) % 2] ?? []);
      await sleep(Math.max(1_000, route.target.holdMs / 2));
    }
    await load.stop();
    const rows = [...load.rows()];
    const lost = rows.filter((row) => route.isLost(row)).length;
    const wrong = rows.filter((row) => !route.isLost(row) && !allowed.includes(row.version)).length;
    found[kind] = { requests: rows.length, lost, wrong };
  }
  return found;
}
