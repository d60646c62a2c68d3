import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { eventually } from "../cluster/wait.ts";
import { followed } from "./followed.ts";
import { expectNoFailures, expectShare } from "./share.ts";
import { Shop } from "./shop.ts";
import {
  expectAllServed,
  expectServed,
  expectVersion,
  type User,
  type Users,
  type Visit,
  versionsByUser,
} from "./users.ts";

const plan = {
  "serin.dev/sticky": "1h",
  "serin.dev/steps": "20, pause, 50, pause",
  "serin.dev/compare": "off",
  "serin.dev/checks": "none",
};
const COOKIE = "serin-";
const rps = 250;

onEachGatewayAtOnce("sticky users", function (gateway) {
  this.timeout(180_000);
  let shop: Shop;
  let first: Users;
  let untouched: object;
  const update = (tag: string) => shop.run("set", "image", "deployment/web", `app=app:${tag}`);
  const resume = () => shop.run("rollout", "resume", "deployment/web");
  const pausedAt = (weight: number) =>
    shop.until(`the pause at ${weight}%`, () =>
      shop.condition()?.message?.startsWith(`holding at ${weight}%: paused by the plan`),
    );
  const settled = () => eventually("no cookie of Serin", async () => setsNone(await recent(first)));

  before(async () => {
    shop = await Shop.open("sticky", { gateway });
    await shop.deploy({ interval: "1s", plan });
    await shop.run("patch", "httproute", "web", "--type=merge", "-p", JSON.stringify({ spec: { rules } }));
    untouched = await shop.manifest("httproutes");
  });
  after(() => shop?.close());

  it("keep their version while the weight of new users rises, until it is promoted for all", async () => {
    const passersBy = shop.load(100);
    await update("v2");
    const from = await pausedAt(20);
    first = shop.users(crowd("first", 200), rps);
    expectShare(passersBy.between(from, await shop.counted(passersBy, from, 3_600)), "v2", 0.2);
    await first.visited(from, 800);
    expect(keepers(first.between(from), "v2"), "of 200 users").to.be.within(15, 65);

    await resume();
    const half = await pausedAt(50);
    const second = shop.users(crowd("second", 200), rps);
    expectShare(passersBy.between(half, await shop.counted(passersBy, half, 3_600)), "v2", 0.5);
    await second.visited(half, 800);
    expect(keepers(second.between(half), "v2"), "of 200 users").to.be.within(70, 130);
    const end = await first.visited(half, 800);
    for (const users of [first, second]) expectKept(users.between(from, end));
    expectOwn([...first.between(from, end), ...second.between(from, end)]);

    await resume();
    await shop.atRest();
    await settled();
    const rest = await followed(shop);
    for (const users of [first, second]) {
      const visits = users.between(rest, await users.visited(rest, 400));
      expectVersion(visits, "v2", 400);
      expect(visits.filter(setsOurs)).to.deep.equal([]);
    }
    expectServed(first.visits);
    await expectAllServed(second);
    expect(await shop.manifest("httproutes")).to.deep.equal(untouched);
    await expectNoFailures(passersBy);
  });

  it("are drawn again by the next rollout, and all return at once when it is aborted", async () => {
    await update("v3");
    const from = await pausedAt(20);
    const to = await first.visited(from, 1_000);
    const drawn = first.between(from + 1_000, to);
    expect(keepers(drawn, "v3"), "of 200 users").to.be.within(15, 65);
    expectKept(drawn);
    expectOwn(drawn);

    await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
    const drained = await shop.until("no weight", () => (shop.weight() ?? 0) === 0);
    const back = drained + 2_000;
    expectVersion(first.between(back, await first.visited(back, 600)), "v2", 600);
    await shop.until("the route restored", () => shop.weight() === undefined);
    await settled();
    await expectAllServed(first);
    expect(await shop.manifest("httproutes")).to.deep.equal(untouched);
  });
});

/** The user's own filters: on the rule, and on the backend, where Serin's filter goes as well. */
const rules = [
  {
    filters: [setting("x-rule")],
    backendRefs: [{ name: "web", port: 80, filters: [setting("x-backend")] }],
  },
];

function setting(name: string): object {
  return { type: "ResponseHeaderModifier", responseHeaderModifier: { set: [{ name, value: "mine" }] } };
}

/** Users to whom the application gives a cookie of its own at each visit. */
function crowd(title: string, count: number): User[] {
  return Array.from({ length: count }, (_none, i) => ({
    name: `${title} ${i}`,
    headers: { "x-set-cookie": `session=${i}; Path=/` },
  }));
}

/** How many of the users saw that version. */
function keepers(visits: readonly Visit[], version: string): number {
  return [...versionsByUser(visits).values()].filter((versions) => versions.includes(version)).length;
}

/** Expects that no user saw two versions. */
function expectKept(visits: readonly Visit[]): void {
  const moved = [...versionsByUser(visits)].filter(([, versions]) => versions.length > 1);
  expect(moved, "users who saw two versions").to.deep.equal([]);
}

/** Expects the effects of the user's filters and application on an answer, in addition to Serin's cookie. */
function expectOwn(visits: readonly Visit[]): void {
  const lacking = visits.filter((visit) => {
    const { "x-rule": rule, "x-backend": backend } = visit.headers;
    return rule !== "mine" || backend !== "mine" || !cookiesOf(visit).some((it) => it.startsWith("session="));
  });
  expect(lacking.length, `${lacking[0]?.user}: ${JSON.stringify(lacking[0]?.headers)}`).to.equal(0);
  expect(visits.every(setsOurs), "every answer keeps the cookie alive").to.equal(true);
}

function cookiesOf({ headers }: Visit): string[] {
  return [headers["set-cookie"] ?? []].flat();
}

function setsOurs(visit: Visit): boolean {
  return cookiesOf(visit).some((cookie) => cookie.startsWith(COOKIE));
}

async function recent(users: Users): Promise<Visit[]> {
  const from = Date.now();
  return users.between(from, await users.visited(from, 50));
}

function setsNone(visits: readonly Visit[]): true | undefined {
  return visits.some(setsOurs) ? undefined : true;
}
