import { expect } from "chai";
import type { ReconcilerOptions } from "../../../../controller/reconcile/perform.ts";
import { reconciler } from "../../../../controller/reconcile/reconcile.ts";
import type { Kube, Where } from "../../../../kube/client/api.ts";
import { ApiError } from "../../../../kube/client/errors.ts";
import { Fenced } from "../../../../kube/client/fence.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import type { Resource } from "../../../../kube/core/resources.ts";
import type { Write } from "../../../../kube/core/writes.ts";
import { EtcdRestores } from "../../../../kube/runtime/etcd-restores.ts";
import type { HookCall } from "../../../../rollout/hooks/call.ts";
import { FLIGHT, HELD } from "../../../../rollout/keys.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  aSnapshot,
  NOON,
} from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { noLog } from "../../../support/log.ts";
import { merge } from "../../../support/patch.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";

/** One write that reached the API. */
interface Sent {
  readonly verb: string;
  readonly plural: string;
  readonly name: string | undefined;
  readonly body: object;
  readonly at: number;
}

const conflict = () => new ApiError(409, "Conflict", "the object has been modified");
const forbidden = () => new ApiError(403, "Forbidden", 'admission webhook "policy" denied the request: no');

describe("controller/reconcile in trouble", () => {
  let clock: FakeClock;
  let sent: Sent[];
  let snapshot: Snapshot | undefined;
  let looks: number;
  /** The Events that hooks, counters and receivers of notices hear of. */
  let heard: Record<"hooks" | "counters" | "people", string[]>;
  let restores: EtcdRestores;
  /** How the API answers a write; the stored object, if nothing is thrown. */
  let answer: (sent: Sent) => KubeObject | undefined;
  let reconcile: (uid: string) => Promise<number | undefined>;

  const labels = { ...aReplicaSet().metadata.labels, [FLIGHT]: "uid-web" };
  const stable = aReplicaSet({ meta: { labels } });
  /** The stable version is back and serves, nothing else is left: an undo that only has to be told and recorded. */
  const undone = (): Snapshot => {
    const held = aHeld({ phase: "undone" });
    const status = { observedGeneration: 1, replicas: 5, updatedReplicas: 5, availableReplicas: 5 };
    const deployment = { ...aDeployment({ annotations: { [HELD]: JSON.stringify(held) } }), status };
    return aSnapshot({ now: clock.now(), held, deployment, replicaSets: [stable], services: [] });
  };

  beforeEach(() => {
    clock = new FakeClock(NOON);
    [sent, looks, restores] = [[], 0, new EtcdRestores({ clock, log: noLog })];
    heard = { hooks: [], counters: [], people: [] };
    const hear = (who: "counters" | "people") => (_: Snapshot, writes: readonly Write[]) =>
      void heard[who].push(...writes.flatMap((one) => (one.verb === "event" ? [one.reason] : [])));
    const announce = (calls: readonly HookCall[]) =>
      void heard.hooks.push(...calls.map(({ payload }) => payload.metadata.eventMessage ?? ""));
    snapshot = undone();
    answer = () => undefined;
    const write =
      (verb: string) =>
      async ({ plural }: Resource, { name }: Where, body: object) => {
        const one = { verb, plural, name, body, at: clock.now() };
        sent.push(one);
        return answer(one) ?? { metadata: { name: "web" } };
      };
    const options = {
      kube: {
        create: write("create"),
        jsonPatch: write("json"),
        mergePatch: write("merge"),
        strategicPatch: write("strategic"),
      } as unknown as Kube,
      caches: { apply: () => {}, forget: () => {} },
      observer: {
        untilSeen: () => undefined,
        observe: async () => snapshot && { ...snapshot, now: clock.now() },
        forget: () => {},
      },
      evidence: { of: () => undefined, forget: () => {} },
      counting: { of: () => ({ kind: "divided" }), forget: () => {} },
      hooks: { answers: () => new Map(), make: () => {}, announce, forget: () => {} },
      notices: { tellsEnd() {}, look() {}, told: () => [], wrote: hear("people"), forget() {} },
      flights: { note: () => {}, wrote: hear("counters"), forget: () => {} },
      restores,
      clock,
      log: noLog,
    };
    reconcile = reconciler(options as unknown as ReconcilerOptions);
  });

  const refuse = (plural: string, verb: string, error: () => Error) => {
    answer = (one) => {
      if (one.plural === plural && one.verb === verb) throw error();
      return undefined;
    };
  };
  /** Looks whenever it is asked to, and at news every 100 ms. */
  const lookFor = async (ms: number) => {
    for (const end = clock.now() + ms; clock.now() < end; looks += 1) {
      const again = (await reconcile("uid-web")) ?? 100;
      await clock.advance(Math.min(again, 100));
    }
  };
  const sentTo = (plural: string, verb: string) =>
    sent.filter((one) => one.plural === plural && one.verb === verb);
  const events = () => sentTo("events", "create").map(({ body }) => (body as { reason: string }).reason);

  for (const [what, error] of Object.entries({ conflict, forbidden })) {
    it(`tries what meets a ${what} for good later each time, and reports it once`, async () => {
      refuse("deployments", "json", error);
      await lookFor(60_000);
      const tries = sentTo("deployments", "json");
      expect(looks).to.be.above(500);
      expect(tries.length, "tries in a minute").to.be.within(8, 17);
      const pauses = tries.slice(1).map(({ at }, i) => at - (tries[i]?.at ?? 0));
      expect(Math.max(...pauses)).to.be.within(5_000, 10_200);
      expect(events()).to.deep.equal(["Undone", "WriteFailed"]);
    });
  }

  it("says in the Event what was refused and why", async () => {
    refuse("deployments", "json", forbidden);
    await lookFor(5_000);
    expect(sentTo("events", "create").at(-1)?.body)
      .to.have.property("message")
      .that.match(
        /^cannot change deployments\/web: admission webhook "policy" denied the request: no; while .*policies must allow/,
      );
  });

  it("does what is new at once, however long the last write has been failing", async () => {
    refuse("deployments", "json", forbidden);
    await lookFor(30_000);
    const before = clock.now();
    const held = aHeld({ phase: "failed" });
    snapshot = aSnapshot({ ...undone(), held, canary: stable });
    await reconcile("uid-web");
    const [first] = sent.filter(({ at, plural }) => at === before && plural === "deployments");
    expect(first?.body).to.not.equal(undefined);
  });

  it("takes the weight from every route that it may write, although a policy refuses another one", async () => {
    const routes = ["frozen", "web"].map((name) => carrying(aRoute({ meta: { name } }), 10, NOON));
    snapshot = aRollout({ held: aHeld({ phase: "failed" }), run: { outcome: "failed" }, routes });
    answer = (one) => {
      if (one.name === "frozen") throw forbidden();
      return undefined;
    };
    await reconcile("uid-web");
    expect(sentTo("httproutes", "merge").map(({ name }) => name)).to.deep.equal(["frozen", "web"]);
    await lookFor(60_000);
    expect(sentTo("httproutes", "merge").length, "tries in a minute").to.be.within(16, 34);
    expect(events()).to.include("WriteFailed");
  });

  it("reports the failure before a route that refuses, and writes nothing else after it", async () => {
    const routes = ["frozen", "web"].map((name) => carrying(aRoute({ meta: { name } }), 10, NOON));
    snapshot = aRollout({ held: aHeld({ phase: "failed" }), run: { outcome: "failed" }, routes });
    refuse("httproutes", "merge", forbidden);
    await reconcile("uid-web");
    expect(sent.map(({ plural }) => plural)).to.deep.equal([
      "events",
      "deployments",
      "services",
      "httproutes",
      "httproutes",
    ]);
    expect(events()).to.deep.equal(["RolledBack"]);
  });

  it("reports no write that it did not send because another replica may lead by now", async () => {
    refuse("deployments", "json", () => new Fenced());
    await lookFor(60_000);
    expect(sentTo("deployments", "json").length).to.be.within(8, 17);
    expect(events()).to.deep.equal(["Undone"]);
    expect(JSON.stringify(sentTo("deployments", "strategic"))).to.not.include("cannot change");
  });

  const hook = { name: "chat", type: "event", url: "http://chat.shop/" };
  const annotations = { "serin.dev/hooks": JSON.stringify([hook]) };
  for (const [what, plurals] of Object.entries({
    "whose record": ["replicasets"],
    "whose record and Events": ["replicasets", "events"],
    "whose routes": ["httproutes"],
  }))
    it(`lets all hear once of a rollback ${what} the API server refuses`, async () => {
      const failed = { held: aHeld({ phase: "failed" }), run: { outcome: "failed", message: "aborted" } };
      const asked = { held: aHeld({ asked: "abort" }) };
      snapshot = aRollout({ annotations, ...(plurals.includes("replicasets") ? asked : (failed as object)) });
      answer = (one) => {
        if (plurals.includes(one.plural)) throw forbidden();
        return undefined;
      };
      await lookFor(60_000);
      const reasons = ["RolledBack", "WriteFailed"];
      expect(heard).to.deep.include({ counters: reasons, people: reasons });
      expect(heard.hooks.map((said) => /aborted|cannot/.exec(said)?.[0])).to.eql(["aborted", "cannot"]);
    });

  it("is not delayed by Events that the API server refuses", async () => {
    refuse("events", "create", forbidden);
    await reconcile("uid-web");
    expect(sentTo("deployments", "json")).to.have.length(1);
  });

  it("writes no sooner than the server asks for", async () => {
    refuse(
      "deployments",
      "strategic",
      () => new ApiError(429, "TooManyRequests", "", { retryAfterMs: 5_000 }),
    );
    await lookFor(21_000);
    const tries = sentTo("deployments", "strategic");
    for (const [i, { at }] of tries.slice(1).entries())
      expect(at - (tries[i]?.at ?? 0)).to.be.at.least(5_000);
    expect(tries.length).to.be.within(3, 5);
  });

  it("repeats a write that has no effect later each time, too", async () => {
    await lookFor(60_000);
    expect(sentTo("deployments", "json").length).to.be.within(8, 17);
    expect(events()).to.deep.equal(["Undone", "WriteFailed"]);
    expect(sentTo("events", "create").at(-1)?.body)
      .to.have.property("message")
      .that.matches(
        /^cannot change deployments\/web: the API server accepts it and stores something else; check/,
      );
  });

  it("rolls back at the deadline if a policy keeps a canary Service from becoming as wanted", async () => {
    const isolated = merge(aService(), isolationPatch(aService(), "uid-web", "web1", AT_NOON));
    const services = [isolated as ReturnType<typeof aService>];
    const canaryServices = [aService({ meta: { name: "web-canary" } })];
    const strategy = {
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: 0, maxSurge: "10%" },
    } as const;
    const deployment = { ...aDeployment({ image: "web:2", strategy }), status: { observedGeneration: 1 } };
    for (let minutes = 0; minutes < 13; minutes += 1) {
      snapshot = aRollout({ now: clock.now(), weight: 0, services, canaryServices, deployment });
      await lookFor(60_000);
    }
    const told = sentTo("events", "create").map(({ body }) => (body as { message: string }).message);
    expect(told.join("\n")).to.match(/cannot change services\/web-canary: the API server accepts it/);
    expect(JSON.stringify(sentTo("replicasets", "merge"))).to.contain(String.raw`\"outcome\":\"failed\"`);
    expect(heard.counters).to.include("RolledBack");
  });

  it("remembers nothing of what is gone", async () => {
    refuse("deployments", "json", forbidden);
    await lookFor(10_000);
    const before = sent.length;
    [snapshot, answer] = [undefined, () => undefined];
    expect(await reconcile("uid-web")).to.equal(undefined);
    snapshot = undone();
    await reconcile("uid-web");
    expect(sent.length).to.be.above(before);
  });

  it("judges a canary anew when a copy has noticed that etcd was restored", async () => {
    snapshot = aRollout();
    await clock.advance(1_000);
    restores.note();
    await reconcile("uid-web");
    const written = JSON.stringify(sentTo("replicasets", "merge")[0]?.body);
    expect(written).to.contain(String.raw`\"judgedSince\":\"2026`);
  });

  it("does not judge it anew again that another leader has for the same restore, which it noticed earlier", async () => {
    const judgedAfter = async (ms: number) => {
      snapshot = aRollout({ run: { judgedSince: instant(clock.now()) } });
      await clock.advance(ms);
      restores.note();
      await reconcile("uid-web");
      return events().includes("JudgedAgain");
    };
    expect(await judgedAfter(59_000)).to.equal(false);
    expect(await judgedAfter(60_000)).to.equal(true);
  });
});
