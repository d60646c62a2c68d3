import type { RouteFilter, RouteRule } from "../kube/core/routes.ts";
import type { CheckedRoute } from "./checked-route.ts";
import { backendOf } from "./objects.ts";

/** How a gateway follows changes of weights: the longest of several changes, in ms after the write. */
export interface Settle {
  readonly changes: number;
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

/** How many requests a second count what a change costs. */
const CHANGE_RPS = 200;
const MOST_MS = 30_000;

type Kind = CheckedRoute["kind"];
type States = readonly [readonly RouteRule[], readonly RouteRule[]];

/**
 * Measures how soon changes are in force, at `turns` changes there and back. Each follows another one at once, as Serin's weights
 * may follow its other writes: a gateway may put off the second of two changes (Traefik: by two seconds).
 */
export async function settle(route: CheckedRoute, turns: number): Promise<Settle> {
  const { clock } = route.target;
  const [raised, lowered] = [split(route.kind, 70, 30), split(route.kind, 100, 0)];
  const before = new Map([
    [raised, split(route.kind, 99, 0)],
    [lowered, split(route.kind, 69, 31)],
  ]);
  await route.apply(lowered);
  const [status, first, last]: [(number | undefined)[], number[], number[]] = [[], [], []];
  await route.under(CHANGE_RPS, async (exchanges) => {
    for (let turn = 0; turn < turns; turn += 1) {
      for (const rules of [raised, lowered]) {
        await route.write(before.get(rules) ?? rules);
        const at = clock.now();
        status.push(await route.write(rules));
        await route.sleep(route.holdMs);
        const canary = () =>
          exchanges.filter((one) => one.at >= at && one.version === "v2").map((one) => one.at - at);
        const isInForce = () =>
          rules === raised
            ? canary().length > 0
            : clock.now() - at - Math.max(0, ...canary()) >= route.holdMs;
        // A gateway that needs longer than the check waits shows it here.
        while (!isInForce() && clock.now() - at < MOST_MS) await route.sleep(50);
        if (rules === raised) first.push(Math.min(MOST_MS, ...canary()));
        else last.push(Math.max(0, ...canary()));
      }
    }
  });
  const known = status.filter((ms) => ms !== undefined);
  return {
    changes: status.length,
    ...(known.length === status.length && { statusMs: Math.max(...known) }),
    firstMs: Math.max(...first),
    lastMs: Math.max(...last),
  };
}

/** A kind of change: two states of the route between which it turns, and the versions that may answer. */
interface Change {
  readonly states: (kind: Kind) => States;
  readonly allowed: readonly string[];
  /** Serin makes it for a GRPCRoute as well. */
  readonly ofCalls?: true;
}

const add = [{ name: "Set-Cookie", value: "check=v1; Path=/" }];
const cookie: RouteFilter = { type: "ResponseHeaderModifier", responseHeaderModifier: { add } };

const split = (kind: Kind, stable: number, canary: number): readonly RouteRule[] => [
  { backendRefs: [backendOf(kind, "v1", stable), backendOf(kind, "v2", canary)] },
];
const plain = (kind: Kind): readonly RouteRule[] => [{ backendRefs: [backendOf(kind, "v1", 1)] }];
const chosen = (kind: Kind): RouteRule => ({
  matches: [{ headers: [{ name: "x-canary", value: "always" }] }],
  backendRefs: [backendOf(kind, "v2", 1)],
});
/** As Serin adds it where a gateway forgets the endpoints of a Service without weight (rollout/traffic/standby-rule.ts). */
const forNobody = (kind: Kind): RouteRule => ({
  matches: [{ headers: [{ name: "serin-standby", value: "nobody" }] }],
  backendRefs: [backendOf(kind, "v1", 1), backendOf(kind, "v2", 1)],
});
const filtered = (kind: Kind): readonly RouteRule[] => [
  {
    backendRefs: [
      { ...backendOf(kind, "v1", 70), filters: [cookie] },
      { ...backendOf(kind, "v2", 30), filters: [cookie] },
    ],
  },
];

const CHANGES: Readonly<Record<string, Change>> = {
  "weights 100/0 ↔ 70/30": {
    states: (kind) => [split(kind, 100, 0), split(kind, 70, 30)],
    allowed: ["v1", "v2"],
    ofCalls: true,
  },
  "weights 100/0 ↔ 0/100": {
    states: (kind) => [split(kind, 100, 0), split(kind, 0, 100)],
    allowed: ["v1", "v2"],
    ofCalls: true,
  },
  "weights 100/0 ↔ 0/100, beside a rule for nobody": {
    states: (kind) => [
      [...split(kind, 100, 0), forNobody(kind)],
      [...split(kind, 0, 100), forNobody(kind)],
    ],
    allowed: ["v1", "v2"],
    ofCalls: true,
  },
  "the canary's backend comes and goes": {
    states: (kind) => [plain(kind), split(kind, 100, 0)],
    allowed: ["v1"],
    ofCalls: true,
  },
  "a rule behind the user's comes and goes": {
    states: (kind) => [plain(kind), [...plain(kind), chosen(kind)]],
    allowed: ["v1"],
  },
  "a rule before the user's comes and goes": {
    states: (kind) => [plain(kind), [chosen(kind), ...plain(kind)]],
    allowed: ["v1"],
  },
  "filters of backends come and go": {
    states: (kind) => [split(kind, 70, 30), filtered(kind)],
    allowed: ["v1", "v2"],
  },
};

/** Counts the requests lost at `turns` changes there and back of each kind. */
export async function losses(route: CheckedRoute, turns: number): Promise<Readonly<Record<string, Loss>>> {
  const found: Record<string, Loss> = {};
  for (const [name, { states, allowed, ofCalls }] of Object.entries(CHANGES)) {
    if (route.kind === "GRPCRoute" && !ofCalls) continue;
    const [before, after] = states(route.kind);
    await route.apply(before);
    const exchanges = await route.under(CHANGE_RPS, async () => {
      await route.sleep(500);
      for (let turn = 0; turn < turns; turn += 1) {
        for (const rules of [after, before]) {
          await route.write(rules);
          await route.sleep(Math.max(1_000, route.holdMs / 2));
        }
      }
    });
    const answered = exchanges.filter((one) => !route.isLost(one));
    found[name] = {
      requests: exchanges.length,
      lost: exchanges.length - answered.length,
      wrong: answered.filter(({ version }) => !allowed.includes(version)).length,
    };
  }
  return found;
}
