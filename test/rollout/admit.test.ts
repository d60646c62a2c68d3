import { expect } from "chai";
import { admitCreate, admitUpdate, changesTemplate, planOf } from "../../rollout/admit.ts";
import type { Answer } from "../../rollout/answer.ts";
import type { Reads } from "../../rollout/change.ts";
import { type Held, heldOf, hold, isHeld, originalsOf, withHeld } from "../../rollout/hold.ts";
import { HELD } from "../../rollout/keys.ts";
import type { Deployment } from "../../rollout/objects.ts";
import { formatRun } from "../../rollout/run.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  aTemplate,
  readsOf,
} from "../support/builders.ts";
import { applied } from "../support/routes.ts";

const LATER = "2026-01-01T13:00:00.000Z";
type Yes = Answer & { allowed: true };

/** Decides as the webhook does. */
function ask(requested: Deployment, old: Deployment, reads: Reads = readsOf()): Answer {
  return admitUpdate(requested, old, changesTemplate(requested, old) ? reads : undefined, LATER);
}

/** The answer as it is stored; asked again about its own answer it must not change its mind. */
function yes(requested: Deployment, old: Deployment, reads: Reads = readsOf()): Yes {
  const answer = ask(requested, old, reads);
  if (!answer.allowed) throw new Error(answer.message);
  const object = JSON.parse(JSON.stringify(answer.object)) as Deployment;
  const again = ask(object, old, reads);
  if (!again.allowed) throw new Error(`reinvoked: ${again.message}`);
  expect(JSON.parse(JSON.stringify(again.object)), "reinvoked").to.deep.equal(object);
  return { ...answer, object };
}

function no(requested: Deployment, old: Deployment, reads: Reads = readsOf()): string {
  const answer = ask(requested, old, reads);
  if (answer.allowed) throw new Error("allowed");
  return answer.message;
}

/** `web:2` in flight beside `web:1`, as stored. */
function inFlight({
  held = {},
  image = "web:2",
  surge = "10%",
  ...spec
}: {
  held?: Partial<Held>;
  image?: string;
  surge?: string | number;
} & Partial<Deployment["spec"]> = {}): Deployment {
  const plain = aDeployment({ image, ...spec });
  const record = aHeld({ originals: originalsOf(aDeployment().spec), ...held });
  const native = record.phase === "promoting" || record.phase === "undone";
  return withHeld(native ? plain : { ...plain, spec: hold(plain.spec, surge) }, record, plain);
}
const canarySet = (meta = {}) => aReplicaSet({ image: "web:2", replicas: 1, available: 0, ready: 1, meta });
const both = readsOf({ replicaSets: [aReplicaSet(), canarySet()] });
const edit = (object: Deployment, spec: Partial<Deployment["spec"]>, image?: string): Deployment => ({
  ...object,
  spec: { ...object.spec, ...spec, ...(image ? { template: aTemplate(image) } : {}) },
});
const annotate = (object: Deployment, annotations: Record<string, string>): Deployment => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...annotations } },
});
const native = originalsOf(aDeployment().spec);

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
      expect(message)
        .to.match(/^serin/)
        .and.to.include("the key serin.dev/steps");
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
    expect(heldOf(object)).to.deep.equal({ started: LATER, phase: "canary", stable: "web1", originals });
    expect(object.metadata.labels).to.deep.equal({ "serin.dev/flight": "uid-web" });
    expect(effects).to.deep.equal([
      { kind: "isolate", services: [aService()], uid: "uid-web", hash: "web1" },
    ]);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include("10→25→50 %").and.to.include("Services web");
  });

  it("keeps a pause of the user: resume starts the canary", () => {
    const { object } = yes(aDeployment({ image: "web:2", paused: true }), aDeployment({ paused: true }));
    expect([isHeld(object.spec), object.spec.paused]).to.deep.equal([true, true]);
  });

  const never = readsOf({ replicaSets: [aReplicaSet({ available: 0 })] });
  const natives: [string, Deployment, Deployment, Reads, RegExp][] = [
    [
      "Recreate",
      aDeployment({ image: "web:2", strategy: { type: "Recreate" } }),
      aDeployment({ strategy: { type: "Recreate" } }),
      readsOf(),
      /Recreate/,
    ],
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
  ];
  for (const [why, requested, old, reads, warning] of natives) {
    it(`lets native control update with ${why}, and says why`, () => {
      const { object, warnings, effects } = yes(requested, old, reads);
      expect(object).to.deep.equal(requested);
      expect(effects).to.deep.equal([]);
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
    expect(heldOf(yes(restarted(), aDeployment()).object)).to.equal(undefined);
    expect(heldOf(yes(restarted({ "serin.dev/restart": "canary" }), aDeployment()).object)?.stable).to.equal(
      "web1",
    );
  });

  it("latches while a native rollout runs, on the version that has the most available pods", () => {
    const sets = [aReplicaSet({ available: 4 }), aReplicaSet({ image: "web:2", replicas: 2, available: 1 })];
    const { object, effects } = yes(
      aDeployment({ image: "web:3" }),
      aDeployment({ image: "web:2" }),
      readsOf({ replicaSets: sets }),
    );
    expect(object.spec.paused).to.equal(true);
    expect(heldOf(object)).to.deep.equal({
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

  it("refuses when somebody else's Service has the twin's name", () => {
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
});

describe("admission in flight", () => {
  it("re-imposes the hold, and takes other values for the user's wish", () => {
    const old = inFlight();
    const manifest = aDeployment({
      image: "web:2",
      replicas: 8,
      minReadySeconds: 5,
      progressDeadlineSeconds: 60,
    });
    const { object } = yes(manifest, old);
    expect(object.spec).to.deep.equal({ ...old.spec, replicas: 8 });
    expect(heldOf(object)).to.deep.equal(
      aHeld({ originals: { ...native, minReadySeconds: 5, progressDeadlineSeconds: 60 } }),
    );
    expect(object.metadata.labels).to.deep.equal(old.metadata.labels);
  });

  it("takes an echo for an echo", () => {
    const old = inFlight();
    const labelled = { ...old, metadata: { ...old.metadata, labels: { ...old.metadata.labels, team: "a" } } };
    expect(yes(labelled, old).object).to.deep.equal(labelled);
  });

  it("latches a newer template: paused, nothing moves, same stable version", () => {
    const old = inFlight({ surge: "25%" });
    const { object, effects } = yes(edit(old, { minReadySeconds: 9 }, "web:3"), old, both);
    expect(object.spec.paused).to.equal(true);
    expect(object.spec.strategy).to.deep.equal(old.spec.strategy);
    const originals = { ...native, minReadySeconds: 9 };
    expect(heldOf(object)).to.deep.equal({
      started: LATER,
      phase: "canary",
      stable: "web1",
      latched: true,
      originals,
    });
    expect(effects).to.deep.equal([]);
  });

  it("latches a newer template during the promotion, on the version that was proven", () => {
    const old = inFlight({ held: { phase: "promoting" } });
    const { object } = yes(aDeployment({ image: "web:3", minReadySeconds: 3 }), old, both);
    expect(object.spec.paused).to.equal(true);
    expect(heldOf(object)).to.deep.include({ phase: "canary", stable: "web2", latched: true });
    expect(heldOf(object)?.originals).to.deep.equal({ ...native, minReadySeconds: 3 });
  });

  it("keeps who paused before the latch", () => {
    const old = inFlight({ paused: true });
    const { object } = yes(edit(old, {}, "web:3"), old, both);
    expect(heldOf(object)?.originals.paused).to.equal(true);
    const v4 = yes(edit(object, {}, "web:4"), object, both).object;
    expect(heldOf(v4)?.originals.paused).to.equal(true);
  });

  it("takes a resume while latched for the user's wish", () => {
    const paused = { ...native, paused: true };
    const old = inFlight({ held: { latched: true, originals: paused }, paused: true });
    const { object } = yes(edit(old, { paused: false }), old);
    expect(object.spec.paused, "the latch itself stays").to.equal(true);
    expect(heldOf(object)?.originals).to.deep.equal(native);
    expect(heldOf(yes(annotate(old, { team: "a" }), old).object)?.originals, "an echo").to.deep.equal(paused);
  });

  const pausedByPlan = () => {
    const run = {
      started: AT_NOON,
      outcome: "running",
      step: 1,
      stepSince: AT_NOON,
      stable: "web1",
      message: "",
      paused: true,
    } as const;
    return readsOf({
      replicaSets: [aReplicaSet(), canarySet({ annotations: { "serin.dev/run": formatRun(run) } })],
    });
  };
  it("does not take a pause of the plan for the user's: a newer template starts by itself", () => {
    const old = inFlight({ paused: true });
    expect(heldOf(yes(edit(old, {}, "web:3"), old, pausedByPlan()).object)?.originals).to.deep.equal(native);
  });
  it("does not take a pause of the plan for the user's: a revert is not stopped by it", () => {
    const old = inFlight({ paused: true });
    expect(yes(edit(old, {}, "web:1"), old, pausedByPlan()).object.spec.paused).to.equal(undefined);
  });

  const route = (weight: number, controllerName = "traefik.io/gateway-controller") =>
    applied(aRoute({ status: { parents: [{ controllerName }] } }), {
      "uid-web": { namespace: "shop", twins: { web: "web-canary" }, weight, since: AT_NOON },
    });

  it("gives the native fields back when the stable template comes back, and drains first", () => {
    const old = inFlight();
    const { object, effects } = yes(edit(old, {}, "web:1"), old, readsOf({ ...both, routes: [route(50)] }));
    expect(object.spec).to.deep.equal(aDeployment().spec);
    expect(heldOf(object)).to.deep.equal(aHeld({ phase: "undone", originals: native }));
    expect(effects).to.deep.equal([{ kind: "drain", uid: "uid-web" }]);
    expect(
      yes(edit(old, {}, "web:1"), old, readsOf({ ...both, routes: [route(0)] })).effects,
      "it stays drained",
    ).to.deep.equal(effects);
    expect(yes(edit(old, {}, "web:1"), old, both).effects).to.deep.equal([]);
  });

  it("latches an undo behind a gateway that is slow to follow", () => {
    const old = inFlight();
    const slow = readsOf({ ...both, routes: [route(50, "networking.gke.io/gateway")] });
    const { object, effects } = yes(edit(old, {}, "web:1"), old, slow);
    expect(object.spec).to.deep.equal({ ...aDeployment().spec, paused: true });
    expect(heldOf(object)).to.deep.include({ phase: "undone", latched: true });
    expect(effects).to.deep.equal([]);
  });

  it("starts a newer template that comes while an undo is latched, paused only if the user was", () => {
    for (const paused of [undefined, true] as const) {
      const originals = { ...native, ...(paused && { paused }) };
      const old = inFlight({
        held: { phase: "undone", latched: true, originals },
        image: "web:1",
        paused: true,
      });
      const { [HELD]: _held, ...annotations } = old.metadata.annotations ?? {};
      const bare = { ...old, metadata: { ...old.metadata, annotations } };
      for (const requested of [old, bare]) {
        const { object } = yes(edit(requested, {}, "web:3"), old, both);
        expect(heldOf(object))
          .to.deep.include({ phase: "canary", stable: "web1" })
          .and.not.property("latched");
        expect(object.spec.paused).to.equal(paused);
      }
    }
  });

  it("survives an undo that replaces all annotations by a ReplicaSet's", () => {
    const old = inFlight();
    const undone = edit(
      { ...old, metadata: { ...old.metadata, annotations: { "deployment.kubernetes.io/revision": "1" } } },
      {},
      "web:1",
    );
    const { object } = yes(undone, old, both);
    expect(heldOf(object)?.phase).to.equal("undone");
    expect(object.spec).to.deep.equal(aDeployment().spec);
    expect(planOf(object).steps).to.have.length(3);
    const labelled = {
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, a: "b" } },
    };
    expect(yes(labelled, object).object, "any later update, without the opt-in").to.deep.equal(labelled);
  });

  it("gives the values back that the undo's own request brings", () => {
    const old = inFlight();
    const { object } = yes(aDeployment({ minReadySeconds: 4 }), old, both);
    expect(object.spec).to.deep.equal(aDeployment({ minReadySeconds: 4 }).spec);
  });

  it("keeps a failed canary held when its template comes again", () => {
    const old = inFlight({ held: { phase: "failed" }, surge: 1 });
    const { object } = yes(aDeployment({ image: "web:2" }), old);
    expect(object.spec).to.deep.equal(old.spec);
    expect(heldOf(object)?.phase).to.equal("failed");
  });

  it("starts anew with a new template after a failure, and warns of a plain undo", () => {
    const revision = (n: string) => ({ annotations: { "deployment.kubernetes.io/revision": n } });
    const sets = [
      aReplicaSet({ meta: { ...aReplicaSet().metadata, ...revision("1") } }),
      canarySet({ ...canarySet().metadata, ...revision("2") }),
    ];
    const old = inFlight({ held: { phase: "failed" }, surge: 1 });
    const { object, warnings } = yes(
      aDeployment({ image: "web:3", minReadySeconds: 2 }),
      old,
      readsOf({ replicaSets: sets }),
    );
    expect(heldOf(object)).to.deep.equal({
      started: LATER,
      phase: "canary",
      stable: "web1",
      originals: { ...native, minReadySeconds: 2 },
    });
    expect(object.spec.strategy?.rollingUpdate?.maxSurge).to.equal("10%");
    expect(warnings.join()).to.include("failed revision 2").and.to.include("--to-revision=1");
  });

  it("denies to opt out, with or without a new template", () => {
    const old = inFlight();
    const { "serin.dev/rollout": _opt, ...rest } = old.metadata.annotations ?? {};
    const out = { ...old, metadata: { ...old.metadata, annotations: rest } };
    expect(no(out, old)).to.include("undo");
    expect(no(edit(out, {}, "web:3"), old, both)).to.match(/^serin/);
  });
});

describe("what is Serin's in a request", () => {
  const dump = inFlight({ held: { latched: true }, paused: true });

  it("does not bring a dump of a flight back to life on CREATE", () => {
    const created = admitCreate(dump);
    expect(created.allowed && created.object.spec).to.deep.equal(aDeployment({ image: "web:2" }).spec);
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
    expect(heldOf(object)).to.deep.equal({
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
      expect(heldOf(yes(annotate(old, { [HELD]: forged }), old).object)).to.deep.equal(heldOf(old));
    });
  }
});

describe("verbs", () => {
  const revision2 = (object: Deployment) => annotate(object, { "deployment.kubernetes.io/revision": "2" });
  const order = (object: Deployment, verb: string, revision = "2") =>
    annotate(object, { [`serin.dev/${verb}`]: revision });

  for (const verb of ["promote", "abort"] as const) {
    it(`carries ${verb} into the record and drops the annotation`, () => {
      const old = revision2(inFlight());
      const { object } = yes(order(old, verb), old);
      expect(heldOf(object)).to.deep.equal({ ...heldOf(old), asked: verb });
      expect(object.metadata.annotations).not.to.have.property(`serin.dev/${verb}`);
    });
  }

  it("retries what failed, and only that", () => {
    const failed = revision2(inFlight({ held: { phase: "failed", asked: "abort" }, surge: 1 }));
    const { object } = yes(order(failed, "retry"), failed);
    expect(heldOf(object)).to.deep.equal({ ...aHeld({ originals: native }), started: LATER });
    expect(object.spec, "the controller sizes the canary").to.deep.equal(failed.spec);
    const running = revision2(inFlight());
    expect(yes(order(running, "retry"), running)).to.deep.include({ object: running });
  });

  const useless: [string, Deployment, string][] = [
    ["at rest", revision2(aDeployment()), "promote"],
    ["after the failure", revision2(inFlight({ held: { phase: "failed" } })), "promote"],
    ["during the promotion", revision2(inFlight({ held: { phase: "promoting" } })), "abort"],
  ];
  for (const [when, old, verb] of useless) {
    it(`warns that ${verb} does nothing ${when}`, () => {
      const { object, warnings } = yes(order(old, verb), old);
      expect(object).to.deep.equal(old);
      expect(warnings).to.have.length(1);
    });
  }

  it("obeys no order for another revision, and not two at once", () => {
    const old = revision2(inFlight());
    expect(no(order(old, "promote", "1"), old)).to.include('"2"');
    expect(no(order(order(old, "promote"), "abort"), old)).to.include("only one");
  });
});
