import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { admitCreate } from "../../../../rollout/admission/admit.ts";
import type { ClusterState } from "../../../../rollout/admission/change.ts";
import { HELD } from "../../../../rollout/keys.ts";
import { hold, isHeld } from "../../../../rollout/workload/hold.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { annotate, edit, inFlight, LATER, native, no, yes } from "../../../support/ask.ts";
import { aDeployment, aReplicaSet, aService, aTemplate, readsOf } from "../../../support/builders.ts";

describe("admission at rest", () => {
  it("says all five mistakes at once, on CREATE and on UPDATE", () => {
    const bad = aDeployment({
      annotations: {
        "serin.dev/rollout": "canry",
        "serin.dev/steps": "50, 10",
        "serin.dev/interval": "5",
        "serin.dev/on-failure": "panic",
        "serin.dev/stepz": "10",
      },
    });
    const created = admitCreate(bad);
    for (const message of [
      created.allowed ? "" : created.message,
      no(bad, aDeployment()),
      no(edit(bad, {}, "web:2"), aDeployment()),
    ]) {
      expect(message.split("\n")).to.have.length(5);
      expect(message).to.include("did you mean serin.dev/steps?");
    }
  });

  it("leaves a request alone that does not change the template", () => {
    const requested = aDeployment({ replicas: 9 });
    expect(yes(requested, aDeployment())).to.deep.equal({
      allowed: true,
      object: requested,
      warnings: [],
      effects: [],
    });
  });

  it("holds a new template: originals kept, stable version named, Services isolated", () => {
    const requested = aDeployment({ image: "web:2", minReadySeconds: 7 });
    const { object, warnings, effects } = yes(requested, aDeployment());
    expect(isHeld(object.spec)).to.equal(true);
    expect(object.spec.strategy?.rollingUpdate).to.deep.equal({ maxUnavailable: 0, maxSurge: "10%" });
    expect(object.spec.template).to.deep.equal(requested.spec.template);
    const originals = { ...native, minReadySeconds: 7 };
    expect(holdRecordOf(object)).to.deep.equal({
      started: LATER,
      phase: "canary",
      stable: "web1",
      originals,
    });
    expect(object.metadata.labels).to.deep.equal({ "serin.dev/flight": "uid-web" });
    expect(effects).to.deep.equal([
      { kind: "isolate", services: [aService()], uid: "uid-web", hash: "web1" },
    ]);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include("10→25→50 %").and.to.include("Services web");
  });

  it("takes the version that runs for the stable one, not those that are kept as history", () => {
    const history = ["web:0", "web:2"].map((image) => aReplicaSet({ image, replicas: 0 }));
    const reads = readsOf({ replicaSets: [...history, aReplicaSet(), ...history] });
    expect(holdRecordOf(yes(aDeployment({ image: "web:3" }), aDeployment(), reads).object)?.stable).to.equal(
      "web1",
    );
  });

  it("keeps a pause of the user: resume starts the canary", () => {
    const { object } = yes(aDeployment({ image: "web:2", paused: true }), aDeployment({ paused: true }));
    expect([isHeld(object.spec), object.spec.paused]).to.deep.equal([true, true]);
  });

  const never = readsOf({ replicaSets: [aReplicaSet({ available: 0 })] });
  const natives: [string, Deployment, Deployment, ClusterState, RegExp][] = [
    [
      "Recreate",
      aDeployment({ image: "web:2", strategy: { type: "Recreate" } }),
      aDeployment({ strategy: { type: "Recreate" } }),
      readsOf(),
      /Recreate/,
    ],
    ...[0, "0%"].map((maxSurge): [string, Deployment, Deployment, ClusterState, RegExp] => {
      const rollingUpdate = { maxSurge, maxUnavailable: 1 };
      const strategy = { type: "RollingUpdate", rollingUpdate } as const;
      const requested = aDeployment({ image: "web:2", replicas: 1, strategy });
      const reads = readsOf({ replicaSets: [aReplicaSet({ replicas: 1 })] });
      return [
        `a surge of ${maxSurge}`,
        requested,
        aDeployment({ replicas: 1, strategy }),
        reads,
        new RegExp(`maxSurge is ${maxSurge}: no pod may run beside the wanted 1$`),
      ];
    }),
    [
      "no replicas",
      aDeployment({ image: "web:2", replicas: 0 }),
      aDeployment({ replicas: 0 }),
      readsOf(),
      /replicas is 0/,
    ],
    [
      "a first rollout that never completed",
      aDeployment({ image: "web:2" }),
      aDeployment(),
      never,
      /nothing to compare/,
    ],
    [
      "no ReplicaSet yet",
      aDeployment({ image: "web:2" }),
      aDeployment(),
      readsOf({ replicaSets: [] }),
      /nothing to compare/,
    ],
    [
      "an undo of a native rollout that is not through",
      aDeployment(),
      aDeployment({ image: "web:2" }),
      readsOf({ replicaSets: [aReplicaSet(), aReplicaSet({ image: "web:2", available: 0 })] }),
      /still serves/,
    ],
  ];
  for (const [why, requested, old, reads, warning] of natives) {
    it(`lets native control update with ${why}, and says why`, () => {
      const { object, warnings, effects } = yes(requested, old, reads);
      expect(object).to.deep.equal(requested);
      expect(effects).to.deep.equal([{ kind: "restore", uid: "uid-web" }]);
      expect(warnings.join()).to.match(warning);
    });
  }

  it("restarts natively unless a canary is asked for", () => {
    const restarted = (annotations = {}) => {
      const object = aDeployment({ annotations });
      const { template } = object.spec;
      const metadata = { ...template.metadata, annotations: { "kubectl.kubernetes.io/restartedAt": "now" } };
      return edit(object, { template: { ...template, metadata } });
    };
    expect(holdRecordOf(yes(restarted(), aDeployment()).object)).to.equal(undefined);
    const latest = aTemplate("web:latest");
    const metadata = { ...latest.metadata, annotations: { "cattle.io/timestamp": "now" } };
    const old = aDeployment({ template: latest });
    const said = yes(edit(old, { template: { ...latest, metadata } }), old);
    expect(holdRecordOf(said.object)).to.equal(undefined);
    expect(said.warnings.join()).to.include("may run new code: web:latest");
    expect(
      holdRecordOf(yes(restarted({ "serin.dev/restart": "canary" }), aDeployment()).object)?.stable,
    ).to.equal("web1");
  });

  it("latches while a native rollout runs, on the version that has the most available pods", () => {
    const sets = [aReplicaSet({ available: 4 }), aReplicaSet({ image: "web:2", replicas: 2, available: 1 })];
    const { object, effects } = yes(
      aDeployment({ image: "web:3" }),
      aDeployment({ image: "web:2" }),
      readsOf({ replicaSets: sets }),
    );
    expect(object.spec.paused).to.equal(true);
    expect(holdRecordOf(object)).to.deep.equal({
      started: LATER,
      phase: "canary",
      stable: "web1",
      latched: true,
      originals: native,
    });
    expect(effects).to.deep.equal([]);
  });

  it("refuses a Service that other pods share, with the names", () => {
    const other = aDeployment({ meta: { name: "api" }, template: aTemplate("api:1", "web") });
    const message = no(
      aDeployment({ image: "web:2" }),
      aDeployment(),
      readsOf({ deployments: [aDeployment(), other] }),
    );
    expect(message).to.include("Service web").and.to.include("Deployment api");
  });

  it("refuses if another user's Service has the canary Service's name", () => {
    const services = [aService(), aService({ meta: { name: "web-canary" }, selector: { app: "else" } })];
    expect(no(aDeployment({ image: "web:2" }), aDeployment(), readsOf({ services }))).to.include(
      "web-canary",
    );
  });

  it("isolates only the Services that the user names", () => {
    const services = [aService(), aService({ meta: { name: "metrics" } })];
    const requested = aDeployment({ image: "web:2", annotations: { "serin.dev/services": "web" } });
    const [effect] = yes(requested, aDeployment(), readsOf({ services })).effects;
    expect(effect).to.have.nested.property("services.length", 1);
  });

  it("stays out of Deployments that are not opted in", () => {
    const plain = (image: string) => ({ ...aDeployment({ image }), metadata: { name: "web", uid: "u" } });
    expect(yes(plain("web:2"), plain("web:1")).object).to.deep.equal(plain("web:2"));
  });

  it("leaves no Service isolated for a Deployment that opts out", () => {
    const out = { ...aDeployment(), metadata: { name: "web", uid: "uid-web" } };
    expect(yes(out, aDeployment()).effects).to.deep.equal([{ kind: "restore", uid: "uid-web" }]);
  });
});

describe("what is Serin's in a request", () => {
  const dump = inFlight({ held: { latched: true }, paused: true });

  it("does not bring a dump of a flight back to life on CREATE", () => {
    const created = admitCreate(dump, undefined, [aReplicaSet()]);
    expect(created.allowed && created.object.spec).to.deep.equal(aDeployment().spec);
    expect(created.allowed && created.object.metadata.annotations).to.deep.equal(
      aDeployment().metadata.annotations,
    );
    expect(created.allowed && created.object.metadata.labels).to.deep.equal({});
  });

  it("does not bring a dump of a flight back to life at rest", () => {
    expect(yes(dump, aDeployment({ image: "web:2" })).object.spec).to.deep.equal(
      aDeployment({ image: "web:2" }).spec,
    );
    const { object } = yes(dump, aDeployment());
    expect(holdRecordOf(object)).to.deep.equal({
      started: LATER,
      phase: "canary",
      stable: "web1",
      originals: native,
    });
  });

  const forgeries = [
    "{",
    "null",
    "5",
    '"x"',
    "[]",
    "{}",
    '{"latched":true}',
    '{"originals":{"replicas":0}}',
    '{"originals":null,"latched":true}',
  ];
  for (const forged of forgeries) {
    it(`drops a forged record ${forged}`, () => {
      const requested = annotate(
        { ...aDeployment(), spec: hold(aDeployment().spec, 1) },
        { [HELD]: forged, "serin.dev/run": "x" },
      );
      const { object } = yes(requested, aDeployment());
      expect(object.metadata.annotations).to.deep.equal(aDeployment().metadata.annotations);
      expect(object.spec.replicas).to.equal(5);
      const old = inFlight();
      expect(holdRecordOf(yes(annotate(old, { [HELD]: forged }), old).object)).to.deep.equal(
        holdRecordOf(old),
      );
    });
  }
});
