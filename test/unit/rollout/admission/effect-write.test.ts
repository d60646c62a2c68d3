import { expect } from "chai";
import type { ReferenceGrant, Route } from "../../../../kube/core/routes.ts";
import type { Service } from "../../../../kube/core/services.ts";
import type { Effect } from "../../../../rollout/admission/answer.ts";
import { type EffectWork, workOf } from "../../../../rollout/admission/effect-write.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import { type RouteShare, shareOf } from "../../../../rollout/traffic/route-record.ts";
import { serviceRecordOf } from "../../../../rollout/traffic/service-record.ts";
import { AT_NOON, aRoute, aService, NOON } from "../../../support/builders.ts";
import { merge } from "../../../support/patch.ts";
import { applied } from "../../../support/routes.ts";

const uid = "uid-web";
const share: RouteShare = {
  namespace: "shop",
  canaryServices: { web: "web-canary" },
  weight: 50,
  since: AT_NOON,
};
const carrying = (change: Partial<RouteShare> = {}) => applied(aRoute(), { [uid]: { ...share, ...change } });
const onServices = (effect: Effect) => workOf(effect) as EffectWork & { on: "services" };
const drain = (undo: string | undefined = AT_NOON) =>
  workOf({ kind: "drain", uid, ...(undo && { undo }) }) as EffectWork & { on: "routes" };

/** The object after its write; `undefined` if it needs none. */
function written<T extends Service | Route>(
  work: { write: (object: T, now: number) => unknown },
  object: T,
): T | undefined {
  const write = work.write(object, NOON + 1_000) as { body: object } | undefined;
  return write && (merge(object, write.body) as T);
}

describe("the work of an effect", () => {
  it("isolates the given Services once", () => {
    const work = onServices({ kind: "isolate", services: [aService()], uid, hash: "web1" });
    expect(work.services).to.deep.equal([aService()]);
    const isolated = written(work, aService()) as Service;
    expect(isolated.spec.selector).to.deep.equal({ app: "web", "pod-template-hash": "web1" });
    expect(written(work, isolated)).to.equal(undefined);
  });

  it("isolates a Service anew that is isolated for a rollout that is over, or for an earlier update", () => {
    const work = (whose: string) =>
      onServices({ kind: "isolate", services: [aService()], uid: whose, hash: "web1" });
    const before = written(work("uid-deleted"), aService()) as Service;
    const taken = written(work(uid), before) as Service;
    expect(taken.metadata.labels).to.include({ "serin.dev/flight": uid });
    const late = { write: (service: Service) => work(uid).write(service, NOON + 40_000) };
    expect(serviceRecordOf(written(late, taken) as Service)).to.deep.equal({
      selector: { app: "web" },
      since: "2026-01-01T12:00:40.000Z",
    });
  });

  it("restores the Services that are found isolated", () => {
    const work = onServices({ kind: "restore", uid });
    expect(work.services).to.equal(undefined);
    const isolate = onServices({ kind: "isolate", services: [], uid, hash: "web1" });
    const isolated = written(isolate, aService()) as Service;
    expect(written(work, isolated)?.spec.selector).to.deep.equal({ app: "web" });
    expect(written(work, aService())).to.equal(undefined);
  });

  it("takes the weight in a route once, and marks the share for an undo only", () => {
    for (const undo of [AT_NOON, ""]) {
      const drained = written(drain(undo), carrying()) as Route;
      expect(shareOf(drained, uid)).to.include({ weight: 0 });
      expect(shareOf(drained, uid)?.undo?.rollout).to.equal(undo || undefined);
      expect(written(drain(undo), drained)).to.equal(undefined);
    }
  });

  it("marks a share without weight for an undo, and keeps its instant", () => {
    const marked = written(drain(), carrying({ weight: 0 })) as Route;
    const undo = { rollout: AT_NOON, at: instant(NOON + 1_000) };
    expect(shareOf(marked, uid)).to.deep.equal({ ...share, weight: 0, drained: true, undo });
    expect(written(drain(""), carrying({ weight: 0 }))).to.equal(undefined);
  });

  it("marks a share again for the undo of a later rollout, and for one that comes again later", () => {
    const marked = (undo: RouteShare["undo"]) =>
      carrying({ weight: 0, drained: true, ...(undo && { undo }) });
    const at = (seconds: number) => instant(NOON + seconds * 1_000);
    for (const undo of [undefined, { rollout: at(-60), at: at(0) }, { rollout: AT_NOON, at: at(-20) }]) {
      const again = written(drain(), marked(undo)) as Route;
      expect(shareOf(again, uid)?.undo).to.deep.equal({ rollout: AT_NOON, at: at(1) });
    }
  });

  it("drains the routes with a share only, and those of other namespaces only with a ReferenceGrant", () => {
    const front = applied(
      aRoute({
        backends: [{ name: "web", namespace: "shop", port: 80 }],
        meta: { name: "front", namespace: "edge" },
      }),
      { [uid]: share },
    );
    const grant: ReferenceGrant = {
      metadata: { name: "edge", namespace: "shop" },
      spec: {
        from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "edge" }],
        to: [{ group: "", kind: "Service" }],
      },
    };
    const all = [carrying(), aRoute({ meta: { name: "other" } }), front];
    const selected = (...grants: ReferenceGrant[]) =>
      drain()
        .select(all, "shop", grants)
        .map(({ metadata }) => metadata.name);
    expect(selected()).to.deep.equal(["web"]);
    expect(selected(grant)).to.deep.equal(["web", "front"]);
  });

  it("is in force when the slowest gateway has followed", () => {
    const late = carrying({ since: new Date(NOON + 60_000).toISOString() });
    const [early, both] = [drain().settledAt([carrying()]), drain().settledAt([carrying(), late])];
    expect(early).to.be.above(NOON);
    expect(both).to.equal(early + 60_000);
    expect(drain().settledAt([])).to.equal(0);
  });
});
