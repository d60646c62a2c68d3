import type { RouteFilter, RuleMatch } from "../kube/core/routes.ts";
import type { CheckedRoute } from "./checked-route.ts";
import type { GatewayRequest, Reply } from "./client.ts";
import { backendOf } from "./objects.ts";
import { describeReply } from "./unserved.ts";

/** What a feature of the Gateway API did: `yes`, or what was wrong. */
export type FeatureOutcome = string;

const SPLITS = [
  [90, 10],
  [50, 50],
  [0, 100],
  [99, 1],
] as const;
/** The requests that show a share. A gateway that draws for each of them misses half by 5 points once in 100,000 times. */
const REQUESTS = 2_000;
/** The requests that show which part of them is copied. */
const COPIED_REQUESTS = 500;
/** How far (percentage points) a share may be off. */
const WITHIN = 5;
/** The path at which a pod tells its number of requests (echo-program.ts). */
const RECEIVED = "/received";
/** By then (ms), every copy has arrived. */
const COPIES_MS = 500;

/** The canary's share (percent) at each split of the weights. */
export async function weights(route: CheckedRoute): Promise<Readonly<Record<string, number>>> {
  const shares: Record<string, number> = {};
  for (const [stable, canary] of SPLITS) {
    const [v1, v2] = [backendOf(route.kind, "v1", stable), backendOf(route.kind, "v2", canary)];
    await route.apply([{ backendRefs: [v1, v2] }]);
    const answers = await route.send(REQUESTS);
    const ofCanary = answers.filter(({ version }) => version === "v2").length;
    shares[`${stable}/${canary}`] = Number(((100 * ofCanary) / answers.length).toFixed(1));
  }
  return shares;
}

/** Whether every share is right. */
export function areRight(shares: Readonly<Record<string, number>>): boolean {
  return Object.entries(shares).every(
    ([split, share]) => Math.abs(Number(split.split("/")[1]) - share) <= WITHIN,
  );
}

interface Case extends GatewayRequest {
  /** Whether the canary must answer. */
  readonly canary: boolean;
}

const COOKIE = String.raw`^(.*;\s*)?canary=always(;.*)?$`;
const header = (value: string | undefined, canary: boolean): Case => ({
  canary,
  ...(value !== undefined && { headers: { "x-canary": value } }),
});
const cookie = (value: string, canary: boolean): Case => ({ canary, headers: { cookie: value } });

const MATCHES: Readonly<Record<string, { readonly match: RuleMatch; readonly cases: readonly Case[] }>> = {
  "header, exact": {
    match: { headers: [{ name: "x-canary", value: "always" }] },
    cases: [
      header("always", true),
      header("always2", false),
      header("Always", false),
      header(undefined, false),
    ],
  },
  "header, expression": {
    match: { headers: [{ type: "RegularExpression", name: "x-canary", value: "^(a|b)+$" }] },
    cases: [header("abab", true), header("xab", false), header("a,b", false), header(undefined, false)],
  },
  cookie: {
    match: { headers: [{ type: "RegularExpression", name: "Cookie", value: COOKIE }] },
    cases: [
      cookie("canary=always", true),
      cookie("a=1; canary=always", true),
      cookie("canary=always; b=2", true),
      cookie("a=1,2; canary=always", true),
      cookie("canary=always; a=1,2", true),
      cookie("xcanary=always", false),
      cookie("canary=always2", false),
      cookie("x=1,canary=always", false),
    ],
  },
  "query parameter": {
    match: { queryParams: [{ name: "beta", value: "1" }] },
    cases: [
      { canary: true, path: "/?beta=1" },
      { canary: true, path: "/?a=1&beta=1" },
      { canary: false, path: "/?beta=2" },
      { canary: false },
    ],
  },
};

/** Which users get the canary by a rule of their own, for each kind of match. */
export async function matches(route: CheckedRoute): Promise<Readonly<Record<string, FeatureOutcome>>> {
  const outcomes: Record<string, FeatureOutcome> = {};
  for (const [name, { match, cases }] of Object.entries(MATCHES)) {
    await route.apply([
      { backendRefs: [stable(route)] },
      { matches: [match], backendRefs: [backendOf(route.kind, "v2", 1)] },
    ]);
    const wrong: string[] = [];
    for (const { canary, ...request } of cases) {
      const reply = await route.ask(request);
      if (reply.status === 200 && reply.version === (canary ? "v2" : "v1")) continue;
      const { headers = {}, path = "/" } = request;
      wrong.push(`${Object.values(headers)[0] ?? path} got ${described(reply)}`);
    }
    outcomes[name] = await told(route, wrong);
  }
  return outcomes;
}

/** Whether all requests are copied, and a fifth of them where the route says so; a copy's answer must reach nobody. */
export async function mirrors(route: CheckedRoute): Promise<Readonly<Record<string, FeatureOutcome>>> {
  const outcomes: Record<string, FeatureOutcome> = {};
  const canary = backendOf(route.kind, "v2", 1);
  // The canary's pod tells how many requests it has received, and does not count this one.
  const counting = { matches: [{ path: { type: "Exact", value: RECEIVED } }], backendRefs: [canary] };
  const count = () => route.ask({ path: RECEIVED });
  for (const percent of [100, 20]) {
    const requestMirror = {
      backendRef: { name: canary.name, port: canary.port },
      ...(percent < 100 && { percent }),
    };
    const mirror: RouteFilter = { type: "RequestMirror", requestMirror };
    await route.apply([{ filters: [mirror], backendRefs: [stable(route)] }, counting]);
    const before = await count();
    const answers = await route.send(COPIED_REQUESTS);
    await route.sleep(COPIES_MS);
    const after = await count();
    const copied = (100 * (Number(after.text) - Number(before.text))) / answers.length;
    const uncounted = [before, after].find(({ status }) => status !== 200);
    const failed = answers.filter((one) => route.isLost(one));
    const got = new Set(failed.map(({ status }) => (status === 0 ? "no answer" : `${status}`)));
    outcomes[`mirror, ${percent} %`] = await told(route, [
      ...(failed.length > 0 ? [`${failed.length} of ${answers.length} failed: ${[...got].join(", ")}`] : []),
      ...(answers.some(({ version }) => version === "v2") ? ["answers of copies reach users"] : []),
      ...(uncounted !== undefined
        ? [`the pod does not tell its requests (${described(uncounted)})`]
        : Math.abs(copied - percent) <= WITHIN
          ? []
          : [`${copied.toFixed(0)} % are copied`]),
    ]);
  }
  return outcomes;
}

/** Whether a filter of one backend changes the answers of this backend, and no others. */
export async function filters(route: CheckedRoute): Promise<Readonly<Record<string, FeatureOutcome>>> {
  const add = [{ name: "Set-Cookie", value: "check=v2; Path=/" }];
  const filter: RouteFilter = { type: "ResponseHeaderModifier", responseHeaderModifier: { add } };
  const canary = { ...backendOf(route.kind, "v2", 1), filters: [filter] };
  await route.apply([{ backendRefs: [stable(route), canary] }]);
  const replies = await Promise.all(Array.from({ length: 50 }, () => route.ask()));
  const wrong = replies.filter(
    ({ status, version, cookies }) =>
      status !== 200 || cookies.some((it) => it.startsWith("check=v2")) !== (version === "v2"),
  );
  return { "filters of a backend": await told(route, [...new Set(wrong.map(described))]) };
}

/** What a request got, for a sentence. */
function described(reply: Reply): string {
  const { length } = reply.cookies;
  return `${describeReply(reply)}${length > 0 ? ` with ${length} cookies` : ""}`;
}

function stable(route: CheckedRoute) {
  return backendOf(route.kind, "v1", 1);
}

async function told(route: CheckedRoute, wrong: readonly string[]): Promise<FeatureOutcome> {
  const refused = (await route.conditions()).filter(
    ({ type, status }) => ["Accepted", "ResolvedRefs"].includes(type) && status !== "True",
  );
  const said = refused.map(({ type, status, reason }) => `${type}=${status} (${reason})`);
  const all = [...wrong, ...said];
  return all.length === 0 ? "yes" : all.join("; ");
}
