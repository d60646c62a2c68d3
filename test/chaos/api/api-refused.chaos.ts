import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { eventually } from "../../cluster/wait.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import { together } from "../../stories/together.ts";
import { way } from "../fixture.ts";
import { HALF } from "../leader/midway.ts";
import { callsIn, eventsOf, expectEnded, expectPromoted, FAST, isAbout } from "./api.ts";
import { type Call, type Fate, refusal, type Way } from "./trouble.ts";

/** The duration of each refusal. */
const TROUBLE_MS = 40_000;
/** The most tries in that time: six while the pauses double to 10 s, then one every 5 to 10 s. */
const MOST_TRIES = 14;

type Refuse = (call: Call) => Fate | undefined;

describeCluster("writes that the API server refuses", function () {
  this.timeout(240_000);
  const refusals: Refuse[] = [];
  let door: Way;

  before("opens the door", async function () {
    this.timeout(120_000);
    door = await way();
    const refused = (call: Call) => refusals.map((refuse) => refuse(call)).find((fate) => fate !== undefined);
    door.set({ before: (call) => refused(call) ?? "pass" });
  });
  after(() => door.set());

  const writesIn = (shop: Shop, method: string, plural: string) => (call: Call) =>
    call.container === "controller" &&
    call.method === method &&
    isAbout(shop, call) &&
    call.path.includes(`/${plural}`);

  /** Begins a rollout in which the API server refuses such writes for TROUBLE_MS; returns the refused writes. */
  async function rollOut(shop: Shop, method: string, plural: string, fate: Fate) {
    await shop.deploy(FAST);
    const load = shop.load(50);
    const isIt = writesIn(shop, method, plural);
    const refused: Call[] = [];
    refusals.push((call) => {
      if (!isIt(call) || call.at > (refused[0]?.at ?? call.at) + TROUBLE_MS) return undefined;
      refused.push(call);
      return fate;
    });
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    return { load, refused };
  }

  /** Expects one Event and a condition with the reason, few tries, and a rollout that continues after the refusals. */
  async function delays(shop: Shop, method: string, plural: string, fate: Fate, reason: string) {
    const { load, refused } = await rollOut(shop, method, plural, fate);
    await shop.until(
      "the reason in the condition",
      () => shop.condition()?.message?.includes(reason),
      30_000,
    );
    expect(shop.condition()?.reason).to.equal("Holding");
    await shop.atRest("web", 120_000);
    await expectPromoted(shop, load);
    expect(refused.length, "tries").to.be.within(5, MOST_TRIES);
    const events = await eventsOf(shop, "WriteFailed");
    expect(
      events.map(({ message }) => message),
      "Events",
    ).to.have.length(1);
    expect(events[0]?.message).to.include(reason);
  }

  together("traefik", {
    "with a conflict for 40 s are tried a few times": async (shop) => {
      const message = "Operation cannot be fulfilled: the object has been modified";
      await delays(shop, "PATCH", "httproutes", refusal(409, "Conflict", message), message);
    },
    "because of another webhook are tried a few times, and one Event has the reason": async (shop) => {
      const message = 'admission webhook "policy.example.com" denied the request: weights are frozen';
      await delays(shop, "PATCH", "httproutes", refusal(403, "Forbidden", message), message);
    },
    "because of a quota are tried a few times, and one Event has the reason": async (shop) => {
      const message = 'services "web-canary" is forbidden: exceeded quota: team, requested: services=1';
      await delays(shop, "POST", "services", refusal(403, "Forbidden", message), message);
    },
    "as invalid are tried a few times, and one Event has the reason": async (shop) => {
      const message = 'ReplicaSet.apps "web" is invalid: metadata.annotations: Forbidden by policy';
      await delays(shop, "PATCH", "replicasets", refusal(422, "Invalid", message), message);
    },
    "for one of two routes do not keep the other route's weight, and an undo waits": async (shop) => {
      const list = JSON.parse(await shop.deploy(HALF));
      const [route] = list.items.slice(-1);
      // Serin writes routes in the order of their names, so this one comes first.
      await shop.apply(
        JSON.stringify({
          ...route,
          metadata: { ...route.metadata, name: "a-frozen" },
          spec: { ...route.spec, hostnames: [shop.host("frozen")] },
        }),
      );
      await shop.run("set", "image", "deployment/web", "app=app:v2");
      await shop.weighs(50);
      const message = 'admission webhook "policy.example.com" denied the request: weights are frozen';
      const isFrozen = (call: Call) => isAbout(shop, call) && call.path.includes("/httproutes/a-frozen");
      let frozen = true;
      refusals.push((call) =>
        frozen && call.method === "PATCH" && isFrozen(call) ? refusal(403, "Forbidden", message) : undefined,
      );
      await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
      await shop.until("weight 0", () => shop.weight("web", "web") === 0, 10_000);
      const failure = await eventually(
        "the Event",
        async () => (await eventsOf(shop, "WriteFailed"))[0],
        30_000,
      );
      expect(failure.message).to.include(`cannot change httproutes/a-frozen: ${message}`);
      expect(shop.weight("web", "a-frozen")).to.equal(50);
      const { code, stderr } = await shop.kubectl("rollout", "undo", "deployment/web");
      expect(code, stderr).to.equal(1);
      expect(stderr).to.include(`cannot change httproutes/a-frozen of ${shop.namespace}: ${message}`);
      expect(shop.pods("v2").length, "pods of the canary, which still gets requests").to.be.above(1);
      frozen = false;
      await shop.run("rollout", "undo", "deployment/web");
      await shop.atRest();
      await expectEnded(shop, "v1");
    },
    "of the verdict's record do not keep the weight, and it is recorded later": async (shop) => {
      await shop.deploy(HALF);
      const load = shop.load(50);
      await shop.run("set", "image", "deployment/web", "app=app:v2");
      await shop.weighs(50);
      const message = 'admission webhook "policy.example.com" denied the request: ReplicaSets are frozen';
      const isRecord = writesIn(shop, "PATCH", "replicasets");
      let frozen = true;
      refusals.push((call) => (frozen && isRecord(call) ? refusal(403, "Forbidden", message) : undefined));
      await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
      await shop.until("weight 0", () => shop.weight() === 0, 10_000);
      await shop.until("the failure", () => shop.held()?.phase === "failed");
      await shop.until("the reason", () => shop.condition()?.reason === "RolledBack");
      await eventually("the Event", async () => (await eventsOf(shop, "WriteFailed"))[0], 30_000);
      expect(shop.record("v2")?.outcome).to.equal("running");
      frozen = false;
      await shop.until("the record", () => shop.record("v2")?.outcome === "failed", 30_000);
      expect(shop.record("v2")?.message).to.equal(shop.condition()?.message);
      await shop.run("rollout", "undo", "deployment/web");
      await shop.atRest();
      await expectEnded(shop, "v1");
      await expectNoFailures(load);
    },
    "for Events do not delay the rollout": async (shop) => {
      const fate = refusal(403, "Forbidden", "events is forbidden");
      const { load, refused } = await rollOut(shop, "POST", "events", fate);
      await shop.atRest("web", 60_000);
      await expectPromoted(shop, load);
      // Those of the begin and of the promotion: brief steps have none.
      expect(refused.length, "tries").to.be.within(2, 6);
    },
    "because the namespace terminates are few, and end with the namespace": async (shop) => {
      await shop.deploy(FAST);
      const finalizers = (list: string[]) =>
        shop.run(
          "patch",
          "deployment/web",
          "--type=merge",
          `-p=${JSON.stringify({ metadata: { finalizers: list } })}`,
        );
      await finalizers(["example.com/wait"]);
      await shop.run("set", "image", "deployment/web", "app=app:v2");
      await shop.weighs(25);
      await shop.run("delete", "namespace", shop.namespace, "--wait=false");
      await sleep(5_000);
      const from = Date.now();
      await sleep(30_000);
      const calls = callsIn(door, from).filter((call) => isAbout(shop, call));
      const requests = calls.map(({ method, path }) => `${method} ${path}`).join("\n");
      expect(calls.length, `requests in 30 s while the namespace terminates:\n${requests}`).to.be.below(45);
      await finalizers([]);
      await gone(shop);
      await sleep(5_000);
      const late = callsIn(door, Date.now() - 2_000).filter((call) => isAbout(shop, call));
      expect(late.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([]);
    },
  });
});

async function gone({ cluster, namespace }: Shop): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(200)) {
    const { stdout } = await cluster.kubectl([
      "get",
      "namespace",
      namespace,
      "--ignore-not-found",
      "-o=name",
    ]);
    if (stdout.trim() === "") return;
  }
  throw new Error(`namespace ${namespace} still exists`);
}
