import { expect } from "chai";
import type { Meta } from "../../../../kube/core/meta.ts";
import type { Service } from "../../../../kube/core/services.ts";
import { admitUpdate, changesTemplate } from "../../../../rollout/admission/admit.ts";
import { FLIGHT, HELD, RUN } from "../../../../rollout/keys.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { isolationPatch, reisolate } from "../../../../rollout/traffic/isolation.ts";
import { routePatch } from "../../../../rollout/traffic/overlay.ts";
import { reimpose } from "../../../../rollout/traffic/reapply.ts";
import { formatHoldRecord, holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aRoute,
  aService,
  aSnapshot,
  aTemplate,
  readsOf,
  type SnapshotParts,
} from "../../../support/builders.ts";
import { merge } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";
import { applied } from "../../../support/routes.ts";

/** The object with its record as a newer Serin would have written it. */
function newer<T extends { metadata: Meta }>(object: T, key: string): T {
  const record = JSON.parse(object.metadata.annotations?.[key] ?? "{}");
  const text = JSON.stringify({ ...record, v: 2, unknownField: { kept: true } });
  const annotations = { ...object.metadata.annotations, [key]: text };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** The object with the mark of the rollout. */
function marked<T extends { metadata: Meta }>(object: T): T {
  return { ...object, metadata: { ...object.metadata, labels: { [FLIGHT]: "uid-web" } } };
}

/** A rollout that the controller would write something about, but for who wrote its records. */
function due(): Snapshot {
  const held = aHeld();
  const annotations = { "serin.dev/rollout": "canary", [HELD]: formatHoldRecord(held) };
  return aRollout({ held: { ...held, asked: "abort" }, deployment: aDeployment({ annotations }) });
}

describe("a rollout with records of a newer Serin", () => {
  it("is written to while all records are of this version", () => {
    expect(decide(due()).writes).not.to.deep.equal([]);
  });

  const records: Record<string, (snapshot: Snapshot) => SnapshotParts> = {
    "on the Deployment": ({ deployment }) => ({ deployment: newer(deployment, HELD) }),
    "on the canary's ReplicaSet": ({ replicaSets }) => ({
      replicaSets: replicaSets.map((set) => (set.metadata.annotations?.[RUN] ? newer(set, RUN) : set)),
    }),
    "on a route": ({ routes }) => ({ routes: routes.map((route) => newer(route, HELD)) }),
    "on a Service": ({ services }) => ({ services: services.map((service) => newer(marked(service), HELD)) }),
  };
  for (const [where, change] of Object.entries(records)) {
    it(`stays as it is, and says why, with the record ${where}`, () => {
      const snapshot = due();
      const decision = decide(aSnapshot({ ...snapshot, ...change(snapshot) }));
      expect(decision.writes).to.deep.equal([]);
      expect(decision.condition?.message).to.include("update Serin, or undo the rollout");
    });

    it(`is cleaned up after an undo, with the record ${where}`, () => {
      const snapshot = due();
      const undone = { ...snapshot, held: { ...snapshot.held, phase: "undone" } as const };
      expect(decide(aSnapshot({ ...undone, ...change(undone) })).writes).not.to.deep.equal([]);
    });
  }

  const strangers: Record<string, (snapshot: Snapshot) => SnapshotParts> = {
    "on a route of another namespace without a share": ({ routes }) => ({
      routes: [...routes, newer(aRoute({ meta: { namespace: "edge", name: "front" } }), HELD)],
    }),
    "on a Service at rest": ({ services }) => ({ services: services.map((service) => newer(service, HELD)) }),
    "of an ended rollout on the stable ReplicaSet": ({ replicaSets, run }) => ({
      replicaSets: replicaSets.map((set) => {
        if (set.metadata.annotations?.[RUN]) return set;
        const ended = { ...run, started: "2025-01-01T00:00:00.000Z", outcome: "promoted" };
        const annotations = { [RUN]: JSON.stringify(ended) };
        return newer({ ...set, metadata: { ...set.metadata, annotations } }, RUN);
      }),
    }),
  };
  for (const [where, change] of Object.entries(strangers))
    it(`goes on with a newer record ${where}`, () => {
      const snapshot = due();
      expect(decide(aSnapshot({ ...snapshot, ...change(snapshot) })).writes).not.to.deep.equal([]);
    });

  const stored = newer(due().deployment, HELD);

  it("takes no further version until it has ended", () => {
    const third = { ...stored, spec: { ...stored.spec, template: aTemplate("web:3") } };
    const answer = admitUpdate(third, stored, readsOf(), AT_NOON);
    expect(answer.allowed).to.equal(false);
    expect("message" in answer && answer.message).to.include("update Serin, or undo the rollout first");
  });

  it("keeps its version and what is unknown of it through other updates", () => {
    const scaled = { ...stored, spec: { ...stored.spec, replicas: 7 } };
    const answer = admitUpdate(scaled, stored, undefined, AT_NOON);
    expect(answer.allowed).to.equal(true);
    const kept = "object" in answer ? answer.object.metadata.annotations?.[HELD] : undefined;
    expect(JSON.parse(kept ?? "{}"))
      .to.include({ v: 2 })
      .and.to.deep.include({ unknownField: { kept: true } });
    expect(holdRecordOf(stored)?.started).to.equal(due().held.started);
  });

  it("is changed by no update while this Serin cannot read it", () => {
    const annotations = { ...stored.metadata.annotations, [HELD]: '{"v":2,"elsewhere":true}' };
    const unread = { ...stored, metadata: { ...stored.metadata, annotations } };
    for (const spec of [
      { ...unread.spec, minReadySeconds: 0 },
      { ...unread.spec, template: aTemplate("web:3") },
    ]) {
      const isNew = changesTemplate({ ...unread, spec }, unread);
      const answer = admitUpdate({ ...unread, spec }, unread, isNew ? readsOf() : undefined, AT_NOON);
      expect("message" in answer && answer.message).to.include("a newer Serin began the rollout in flight");
    }
  });

  it("keeps its version and what is unknown of it on routes and Services, too", () => {
    const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 50, since: AT_NOON };
    const route = newer(applied(aRoute(), { uid: share }), HELD);
    const isolated = newer(
      merge(aService(), isolationPatch(aService(), "uid", "web1", AT_NOON)) as Service,
      HELD,
    );
    const again = { ...route, spec: { ...route.spec, hostnames: ["web.example"] } };
    const texts = [
      routePatch(route, { uid: { ...share, weight: 0 } }).metadata.annotations[HELD],
      reimpose(again, route).metadata.annotations?.[HELD],
      isolationPatch(isolated, "uid", "web1", AT_NOON).metadata.annotations[HELD],
      reisolate(isolated, isolated).metadata.annotations?.[HELD],
    ];
    for (const text of texts)
      expect(JSON.parse(text ?? "{}"))
        .to.include({ v: 2 })
        .and.to.deep.include({ unknownField: { kept: true } });
  });
});
