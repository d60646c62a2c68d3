import { ask } from "../../test/cluster/ask.ts";
import type { CheckedRoute } from "./checked-route.ts";
import { ref } from "./checked-route.ts";

/** What a feature of the Gateway API did: `yes`, or what was wrong. */
export type FeatureOutcome = string;

const SPLITS = [
  [90, 10],
  [50, 50],
  [0, 100],
  [99, 1],
] as const;
const REQUESTS = 500;
/** How far (percentage points) a share may be off. */
const WITHIN = 5;

/** The canary's share (percent) at each split of the weights. */
export async function weights(route: CheckedRoute): Promise<Readonly<Record<string, number>>> {
  const shares: Record<string, number> = {};
  for (const [stable, canary] of SPLITS) {
    await route.apply([{ backendRefs: [ref("v1", stable), ref("v2", canary)] }]);
    const { total, byVersion } = await route.send(REQUESTS);
    shares[`${stable}/${canary}`] = Number(((100 * (byVersion.v2 ?? 0)) / total).toFixed(1));
  }
  return shares;
}

/** Whether every share is right. */
export function areRight(shares: Readonly<Record<string, number>>): boolean {
  return Object.entries(shares).every(
    ([split, share]) => Math.abs(Number(split.split("/")[1]) - share) <= WITHIN,
  );
}

interface Case {
  readonly canary: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

const COOKIE = String.raw`^(.*;\s*)?canary=always(;.*)?$`;
const header = (value: string | undefined, canary: boolean): Case => ({
  canary,
  ...(value !== undefined && { headers: { "x-canary": value } }),
});
const cookie = (value: string, canary: boolean): Case => ({ canary, headers: { cookie: value } });

const MATCHES: Readonly<Record<string, { readonly match: object; readonly cases: readonly Case[] }>> = {
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
    await route.apply([{ backendRefs: [ref("v1", 1)] }, { matches: [match], backendRefs: [ref("v2", 1)] }]);
    const wrong: string[] = [];
    for (const { canary, headers = {}, path = "/" } of cases) {
      const { status, version } = await ask(route.target.url, { host: route.host, headers, path });
      if (status === 200 && version === (canary ? "v2" : "v1")) continue;
      wrong.push(`${Object.values(headers)[0] ?? path} got ${status} ${version}`);
    }
    outcomes[name] = await told(route, wrong);
  }
  return outcomes;
}

/** Whether all requests are copied, and a fifth of them where the route says so; a copy's answer must reach nobody. */
export async function mirrors(route: CheckedRoute): Promise<Readonly<Record<string, FeatureOutcome>>> {
  const outcomes: Record<string, FeatureOutcome> = {};
  for (const percent of [100, 20]) {
    const requestMirror = {
      backendRef: { name: "v2", port: 80 },
      ...(percent < 100 && { percent }),
    };
    await route.apply([{ filters: [{ type: "RequestMirror", requestMirror }], backendRefs: [ref("v1", 1)] }]);
    const count = () => route.target.pods.received(route.namespace, "v2");
    const before = await count();
    const { total, failed, byVersion } = await route.send(REQUESTS);
    await new Promise((done) => setTimeout(done, 500));
    const copied = (100 * ((await count()) - before)) / total;
    outcomes[`mirror, ${percent} %`] = await told(route, [
      ...(failed > 0 ? [`${failed} of ${total} failed`] : []),
      ...(byVersion.v2 === undefined ? [] : ["answers of copies reach users"]),
      ...(Math.abs(copied - percent) <= WITHIN ? [] : [`${copied.toFixed(0)} % are copied`]),
    ]);
  }
  return outcomes;
}

/** Whether a filter of one backend changes the answers of this backend, and no others. */
export async function filters(route: CheckedRoute): Promise<Readonly<Record<string, FeatureOutcome>>> {
  const add = [{ name: "Set-Cookie", value: "check=v2; Path=/" }];
  const filter = { type: "ResponseHeaderModifier", responseHeaderModifier: { add } };
  await route.apply([{ backendRefs: [ref("v1", 1), ref("v2", 1, { filters: [filter] })] }]);
  const wrong = new Set<string>();
  for (let i = 0; i < 50; i += 1) {
    const { status, version, cookies } = await ask(route.target.url, { host: route.host });
    const isRight = status === 200 && cookies.some((it) => it.startsWith("check=v2")) === (version === "v2");
    if (!isRight) wrong.add(`${status} ${version} with ${cookies.length} cookies`);
  }
  return { "filters of a backend": await told(route, [...wrong]) };
}

async function told(route: CheckedRoute, wrong: readonly string[]): Promise<FeatureOutcome> {
  const refused = (await route.conditions()).filter(
    ({ type, status }) => ["Accepted", "ResolvedRefs"].includes(type) && status !== "True",
  );
  const said = refused.map(({ type, status, reason }) => `${type}=${status} (${reason})`);
  const all = [...wrong, ...said];
  return all.length === 0 ? "yes" : all.join("; ");
}
