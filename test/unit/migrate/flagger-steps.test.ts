import { expect } from "chai";
import type { KubeObject } from "../../../kube/core/meta.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Canary } from "../../../migrate/live/flagger/seen.ts";
import { flaggerSteps } from "../../../migrate/live/flagger/steps.ts";
import { doneCount, nextMove } from "../../../migrate/live/step.ts";
import { FlaggerShop } from "./flagger-shop.ts";

const all = flaggerSteps.length;
const LONG = 3_600_000;
const RELEASE = flaggerSteps.findIndex(({ name }) => name === "release");

/** Takes moves until nothing is left to do; returns the names of the steps. `each` looks at the shop after every write. */
function run(
  shop: FlaggerShop,
  wanted: number,
  each: (shop: FlaggerShop) => void = () => {},
): readonly string[] {
  const taken: string[] = [];
  for (let i = 0; i < 100; i += 1) {
    const move = nextMove(flaggerSteps, shop.seen(), { wanted, restMs: LONG });
    if (move.kind === "done") return taken;
    if (move.kind !== "do" && move.kind !== "undo") throw new Error(JSON.stringify(move));
    taken.push(`${move.kind} ${move.step.name}`);
    for (const write of move.writes) {
      shop.perform(write);
      each(shop);
    }
  }
  throw new Error("no end");
}

/** Expects that every Service with a weight, and the user's Service, has endpoints. */
function expectServed(shop: FlaggerShop): void {
  const route = shop.objects.get("httproutes/web") as Route;
  const refs = (route.spec.rules ?? []).flatMap(({ backendRefs = [] }) => backendRefs);
  const serving = refs.filter(({ weight = 1 }) => weight > 0).map(({ name }) => name);
  expect(serving, "backends with weight").to.have.length.above(0);
  for (const name of ["web", ...serving])
    expect(shop.endpoints(name), `endpoints of ${name}`).to.have.length.above(0);
}

describe("migrate from Flagger", () => {
  it("takes every step once, in order, and users always have pods", () => {
    const shop = new FlaggerShop();
    expect(run(shop, all, expectServed)).to.deep.equal(flaggerSteps.map(({ name }) => `do ${name}`));
    expect([...shop.objects.keys()].toSorted()).to.deep.equal([
      "deployments/web",
      "httproutes/web",
      "services/web",
    ]);
    expect(shop.objects.get("deployments/web")?.metadata.annotations).to.deep.equal({
      "serin.dev/rollout": "canary",
    });
    const { rules } = (shop.objects.get("httproutes/web") as Route).spec;
    expect(rules).to.deep.equal([{ backendRefs: [{ name: "web", port: 80 }] }]);
    // With Flagger's mark, Flux would never apply the user's objects.
    for (const key of ["httproutes/web", "services/web"])
      expect(shop.objects.get(key)?.metadata.annotations, key).to.deep.equal({ team: "a" });
  });

  it("goes back from every step before the Canary's end, and forwards again", () => {
    for (let until = 1; until <= RELEASE; until += 1) {
      const shop = new FlaggerShop();
      run(shop, until, expectServed);
      const back = run(shop, 0, expectServed);
      expect(back).to.deep.equal(
        flaggerSteps
          .slice(0, until)
          .map(({ name }) => `undo ${name}`)
          .toReversed(),
      );
      expect(doneCount(flaggerSteps, shop.seen())).to.equal(0);
      expect(shop.seen().deployment.spec.replicas).to.equal(0);
      run(shop, all, expectServed);
    }
  });

  for (const spec of [{}, { revertOnDeletion: true }, { revertOnDeletion: false }]) {
    it(`gives the Canary and the Deployment back as they were: ${JSON.stringify(spec)}`, () => {
      const shop = new FlaggerShop("Succeeded", spec);
      const written = () =>
        ["canaries/web", "deployments/web"].map((key) => {
          const { metadata, spec } = shop.objects.get(key) as KubeObject;
          return { annotations: metadata.annotations ?? {}, spec };
        });
      const before = structuredClone(written());
      run(shop, RELEASE);
      expect(shop.objects.get("canaries/web")?.spec).to.deep.equal({
        suspend: true,
        revertOnDeletion: false,
      });
      expect(shop.seen().deployment.spec.progressDeadlineSeconds).to.equal(60);
      run(shop, 0);
      expect(written()).to.deep.equal(before);
    });
  }

  it("goes back where there were no annotations", () => {
    const shop = new FlaggerShop("Succeeded", {}, {});
    const untilAnnotate = flaggerSteps.findIndex(({ name }) => name === "annotate") + 1;
    run(shop, untilAnnotate);
    expect(run(shop, 0)).not.to.include("undo annotate");
    expect(doneCount(flaggerSteps, shop.seen())).to.equal(0);
  });

  it("keeps the Canary from reverting if somebody else has suspended it", () => {
    const shop = new FlaggerShop("Succeeded", { suspend: true, revertOnDeletion: true });
    expect(run(shop, 1)).to.deep.equal(["do suspend"]);
    expect(shop.objects.get("canaries/web")?.spec).to.include({ revertOnDeletion: false });
  });

  it("keeps what the user wrote if somebody resumes the Canary in between", () => {
    const shop = new FlaggerShop("Succeeded", { revertOnDeletion: true });
    run(shop, 1);
    const canary = shop.objects.get("canaries/web") as Canary;
    shop.objects.set("canaries/web", { ...canary, spec: { ...canary.spec, suspend: false } } as Canary);
    run(shop, 1);
    run(shop, 0);
    expect(shop.objects.get("canaries/web")?.spec).to.deep.equal({ revertOnDeletion: true });
  });

  it("lets KEDA rest again before Flagger gets the Deployment back", () => {
    const keda = new FlaggerShop().seen();
    const scaledObject = { metadata: { name: "web", resourceVersion: "1" } };
    const [pause, scale] = flaggerSteps[1]?.undo?.({ ...keda, scaledObject }) ?? [];
    expect(pause).to.have.nested.property("resource.plural", "scaledobjects");
    expect(pause).to.deep.include({ name: "web" });
    expect(JSON.stringify(pause)).to.contain(
      '"/metadata/annotations/autoscaling.keda.sh~1paused-replicas","value":"0"',
    );
    expect(scale).to.have.nested.property("resource.plural", "deployments");
  });

  it("does not go back once the Canary is gone", () => {
    const shop = new FlaggerShop();
    run(shop, RELEASE + 1);
    const move = nextMove(flaggerSteps, shop.seen(), { wanted: 0, restMs: LONG });
    expect(move).to.deep.equal({ kind: "refuse", why: "release cannot be undone" });
  });

  it("continues after a kill between any two writes", () => {
    const total = countWrites(new FlaggerShop());
    for (let kill = 1; kill < total; kill += 1) {
      const shop = new FlaggerShop();
      let left = kill;
      const stop = () => {
        left -= 1;
        if (left === 0) throw new Error("killed");
      };
      expect(() => run(shop, all, stop)).to.throw("killed");
      run(shop, all, expectServed);
      expect(shop.objects.size).to.equal(3);
    }
  });

  it("waits until proxies follow, and anew after a restart", () => {
    const shop = new FlaggerShop();
    run(shop, 3);
    const move = nextMove(flaggerSteps, shop.seen(), { wanted: all, restMs: 0 });
    expect(move).to.deep.equal({ kind: "wait", why: "shift: 5 s until it is in force everywhere" });
  });

  for (const [what, change, why] of [
    [
      "a run is in progress",
      () => new FlaggerShop("Progressing"),
      /^the Canary is in the phase Progressing: wait until it is/,
    ],
    [
      "the primary runs another image",
      () => {
        const shop = new FlaggerShop();
        run(shop, 1);
        shop.perform({
          verb: "patch",
          resource: { group: "apps", version: "v1", plural: "deployments" },
          name: "web",
          patch: [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: "app:v2" }],
        });
        return shop;
      },
      /^the primary runs other images than your Deployment: app app:v1;/,
    ],
  ] as const) {
    it(`does not start while ${what}`, () => {
      const move = nextMove(flaggerSteps, change().seen(), { wanted: all, restMs: LONG });
      expect(move).to.have.property("kind", "refuse");
      expect(move).to.have.property("why").that.matches(why);
    });
  }

  it("starts again with the first step if Flagger was let go meanwhile", () => {
    const shop = new FlaggerShop();
    run(shop, 5);
    shop.perform({
      verb: "patch",
      resource: { group: "flagger.app", version: "v1beta1", plural: "canaries" },
      name: "web",
      patch: [{ op: "replace", path: "/spec/suspend", value: false }],
    });
    expect(run(shop, 5, expectServed)).to.deep.equal(["do suspend"]);
  });
});

function countWrites(shop: FlaggerShop): number {
  let count = 0;
  run(shop, all, () => {
    count += 1;
  });
  return count;
}
