import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { followed } from "./followed.ts";
import { Shop, type ShopApp } from "./shop.ts";
import { expectAllServed, expectServed, expectVersion, type User, type Visit } from "./users.ts";

/** How an ab-test of two pods begins; it lasts long enough to count. */
const ab = (match: string, plan: Record<string, string> = {}): ShopApp => ({
  ...{ replicas: 2, interval: "1s" },
  plan: { "serin.dev/rollout": "ab-test", "serin.dev/match": match, "serin.dev/iterations": "600", ...plan },
});

const withHeaders = (...all: Record<string, string>[]): User[] =>
  all.map((headers) => ({ name: JSON.stringify(headers), headers }));
const withCookies = (...all: string[]) => withHeaders(...all.map((cookie) => ({ cookie })));
const withPaths = (...all: string[]): User[] => all.map((path) => ({ name: path, path }));

onEachGatewayAtOnce("an ab-test", function (gateway) {
  this.timeout(150_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("ab-test", { gateway });
  });
  afterEach(() => shop?.close());

  const update = (tag: string) => shop.run("set", "image", "deployment/web", `app=app:${tag}`);
  /** Waits until the canary has its users; a busy gateway may follow later than Serin expects of it. */
  const inForce = async () => {
    await shop.until("the users in force", () =>
      /^(canary has the|holding at the matching) users/.test(shop.condition()?.message ?? ""),
    );
    return followed(shop);
  };

  it("by header: only users who match see the canary, until it is promoted for all", async () => {
    await shop.deploy(ab("header x-canary=insider", { "serin.dev/checks": "success-rate >= 99%" }));
    const before = await shop.manifest("httproutes");
    const tagged = shop.users(withHeaders({ "x-canary": "insider" }, { "X-CANARY": "insider" }), 100);
    const foreign = withHeaders({ "x-canary": "outsider" }, { "x-canary": "insiders" }, { "x-c": "insider" });
    const others = shop.users([...strangers, ...foreign], 300);
    await update("v2");
    const from = await inForce();
    const to = Math.max(await tagged.visited(from, 500), await others.visited(from, 1_000));
    expectVersion(tagged.between(from, to), "v2", 500);
    expectVersion(others.between(from, to), "v1", 1_000);
    // Not earlier: once the canary is proven, both versions serve all users.
    await shop.run("annotate", "deployment/web", "serin.dev/iterations=1", "--overwrite");
    await shop.atRest();
    expect(shop.record("v2")?.message).to.match(
      /^proven at the matching users: success-rate >= 99%: 100\.00% of \d+ requests succeeded; canary 0 of \d+ requests got a 4xx answer or none \(0\.00%\)$/,
    );
    const after = await followed(shop);
    for (const users of [tagged, others]) {
      expectVersion(users.between(after, await users.visited(after, 200)), "v2", 200);
    }
    await expectAllServed(tagged, others);
    expect(await shop.manifest("httproutes")).to.deep.equal(before);
  });

  it("by cookie among others, by query, by expression, by two headers, and by any of these", async () => {
    const conditions = [
      ...["cookie canary=always", "cookie group~[ab]", "query beta=1", "query v~v[0-9]+"],
      ...["header x-group~(qa|dev)-[0-9]+", "header x-a=1 and header x-b=2"],
    ];
    await shop.deploy(ab(conditions.join(", "), { "serin.dev/checks": "none" }));
    const tagged = shop.users(insiders, 150);
    const others = shop.users(outsiders, 300);
    await update("v2");
    const from = await inForce();
    await tagged.counted(from, 1_000);
    const to = await others.counted(from, 2_500);
    expectVersion(tagged.between(from, to), "v2", 1_000);
    expectVersion(others.between(from, to), "v1", 2_500);
    await shop.promote();
    await expectAllServed(tagged, others);
  });

  it("keeps the precedence of the user's own rules, for users who match and for all others", async () => {
    await shop.deploy(ab("header x-canary=insider", { "serin.dev/checks": "none" }));
    await shop.deploy({ name: "other", replicas: 1, image: "app:other" });
    await shop.run("patch", "httproute", "web", "--type=merge", "-p", JSON.stringify({ spec: { rules } }));
    const before = await shop.manifest("httproutes");
    const kinds = [
      {},
      ...rules.flatMap(({ matches = [] }) => matches.map(headersOf)),
      { "x-1": "1", "x-4": "1" },
    ];
    const everybody = kinds.flatMap((headers) => [headers, { ...headers, "x-canary": "insider" }]);
    await shop.serves(shop.host());
    const users = shop.users(withHeaders(...everybody), 300);
    const from = Date.now() + 1_500;
    const was = outcomes(users.between(from, await users.visited(from, 400)));
    expect(was.get("{}")).to.deep.equal(["rule 3 v1"]);

    await update("v2");
    const then = await inForce();
    const is = outcomes(users.between(then, await users.counted(then, 2_500)));
    const expected = [...was].map(([user, seen]) => {
      return [user, user.includes("x-canary") ? seen.map((it) => it.replace("v1", "v2")) : seen];
    });
    expect([...is].sort()).to.deep.equal(expected.sort());
    expect(expected.flat(2).filter((it) => it.endsWith("v2"))).to.have.length(2);
    await shop.promote();
    await users.stop();
    expectServed(users.between(from));
    expect(await shop.manifest("httproutes")).to.deep.equal(before);
  });

  it("is rolled back when it fails users who match, without effect on all others", async () => {
    await shop.deploy(ab("header x-canary=insider"));
    const before = await shop.manifest("httproutes");
    const tagged = shop.users(withHeaders({ "x-canary": "insider" }), 60);
    const others = shop.users(strangers, 200);
    await update("v2-err20");
    await inForce();
    const ended = await shop.until("the verdict", () => shop.record("v2-err20")?.outcome === "failed");
    expect(shop.record("v2-err20")?.message).to.match(
      /^rolled back at the matching users after [\dms]+: success-rate >= 99% is broken/,
    );
    await shop.until("the route restored", () => shop.weight() === undefined);
    await Promise.all([tagged.stop(), others.stop()]);
    expectServed(others.visits);
    expectVersion(others.visits, "v1", 500);
    expectServed(tagged.visits.filter(({ version }) => version !== "v2"));
    expectVersion(tagged.between(ended + 3_000), "v1", 1);
    expect(await shop.manifest("httproutes")).to.deep.equal(before);
  });

  it("is held and not promoted where it answers 404 to the users who match", async () => {
    await shop.deploy(ab("header x-canary=insider", { "serin.dev/iterations": "5" }));
    const tagged = shop.users(withHeaders({ "x-canary": "insider" }), 60);
    await update("v2-err100-status404");
    await inForce();
    await shop.until("the reason", () =>
      /^holding at the matching users: canary \d+ of \d+ requests got a 4xx answer or none \(100\.00%\)/.test(
        shop.condition()?.message ?? "",
      ),
    );
    expect(shop.record("v2-err100-status404")?.outcome).to.equal("running");
    await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
    await shop.until("rolled back", () => shop.condition()?.reason === "RolledBack");
    await tagged.stop();
  });

  it("is held and not promoted while no user who matches comes", async () => {
    await shop.deploy(ab("header x-canary=insider", { "serin.dev/iterations": "2" }));
    const others = shop.users(strangers, 200);
    await update("v2");
    const from = await inForce();
    await others.visited(from, 2_400);
    expect(shop.record("v2")?.outcome).to.equal("running");
    expect(shop.condition()).to.include({ status: "Unknown", reason: "Holding" });
    expect(shop.condition()?.message).to.match(/^holding at the matching users: /);
    expectVersion(others.between(from), "v1", 1_000);
    expectServed(others.visits);
  });
});

/** Users who match nothing; each of them waits for an answer before the next request. */
const strangers: readonly User[] = Array.from({ length: 5 }, (_none, i) => ({
  name: `without headers ${i}`,
}));

/** All forms of users who match `conditions`. */
const insiders: readonly User[] = [
  ...withCookies("canary=always", "canary=always; a=1; b=2", "a=1; canary=always; b=2"),
  ...withCookies("a=1; b=2; canary=always", "a=1;canary=always;b=2", "canary=never; canary=always"),
  ...withCookies("group=a", "a=1; group=b; c=d"),
  ...withPaths("/?beta=1", "/?x=2&beta=1", "/deep/path?beta=1&x=2", "/?v=v1", "/?v=v123&x=1"),
  ...withHeaders({ "x-group": "qa-1" }, { "x-group": "dev-22" }),
  ...withHeaders({ "x-a": "1", "x-b": "2" }, { "x-b": "2", "x-other": "3", "x-a": "1" }),
];

/** Users who almost match. */
const outsiders: readonly User[] = [
  { name: "without headers" },
  ...withCookies("xcanary=always", "canaryX=always", "canary=alwaysX", "canary=Xalways", "canary=alway"),
  ...withCookies("Canary=always", "canary=", "x=canary=always", "a=1; xcanary=always; b=2"),
  ...withCookies("a=1; canary=always2; b=2", "canary =always", "group=c", "group=ab", "group=", "xgroup=a"),
  ...withPaths("/?beta=2", "/?beta=12", "/?xbeta=1", "/beta=1", "/?beta", "/?v=v", "/?v=v1x", "/?v=xv1"),
  ...withHeaders({ "x-group": "qa-" }, { "x-group": "xqa-1" }, { "x-group": "qa-1x" }, { "x-group": "qa" }),
  ...withHeaders({ "x-a": "1" }, { "x-b": "2" }, { "x-a": "2", "x-b": "1" }),
];

/** A user's rules with as many headers as the canary's own and with more, before and after them. */
const rules = [
  ruleOf(0, "other", ["x-0"]),
  ruleOf(1, "other", ["x-1", "x-11"]),
  ruleOf(2, "web", ["x-2"]),
  ruleOf(3, "web", []),
  ruleOf(4, "other", ["x-4"]),
  ruleOf(5, "other", ["x-5", "x-55"]),
];

function ruleOf(index: number, name: string, names: readonly string[]) {
  const headers = names.map((header) => ({ type: "Exact", name: header, value: "1" }));
  const set = [{ name: "x-rule", value: `rule ${index}` }];
  return {
    ...(headers.length > 0 && { matches: [{ headers }] }),
    filters: [{ type: "ResponseHeaderModifier", responseHeaderModifier: { set } }],
    backendRefs: [{ name, port: 80 }],
  };
}

function headersOf({ headers }: { headers: readonly { name: string; value: string }[] }) {
  return Object.fromEntries(headers.map(({ name, value }) => [name, value]));
}

/** The rule that took each user's requests, and the version that answered. */
function outcomes(visits: readonly Visit[]): Map<string, string[]> {
  const seen = new Map<string, Set<string>>();
  for (const { user, version, headers } of visits) {
    seen.set(user, (seen.get(user) ?? new Set()).add(`${headers["x-rule"]} ${version}`));
  }
  return new Map([...seen].map(([user, all]) => [user, [...all]]));
}
