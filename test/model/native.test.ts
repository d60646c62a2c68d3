import { expect } from "chai";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { aDeployment, aReplicaSet, aTemplate } from "../support/builders.ts";
import { aShop, edit } from "../support/shop.ts";
import { syncDeployment } from "./native.ts";

const DESIRED = "deployment.kubernetes.io/desired-replicas";
const MOST = "deployment.kubernetes.io/max-replicas";
/** A ReplicaSet that native control sized when the Deployment was to have `desired` pods, and `most` beside a surge. */
const sized = (
  image: string,
  replicas: number,
  desired: number,
  most: number,
  available = replicas,
): ReplicaSet =>
  aReplicaSet({
    image,
    replicas,
    available,
    meta: { annotations: { [DESIRED]: `${desired}`, [MOST]: `${most}` } },
  });
const spec = (replicas: number, maxSurge: number) => ({
  replicas,
  strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge } } as const,
});

/** The sizes after a sync, and the number of pods that each version knows the Deployment wants. */
function synced(
  deployment: ReturnType<typeof aDeployment>,
  sets: ReplicaSet[],
): [number | undefined, number][] {
  syncDeployment(deployment, sets, () => "new");
  return sets.map((set) => [set.spec.replicas, Number(set.metadata.annotations?.[DESIRED])]);
}

/** Each is what sync.go and util/deployment_util.go of Kubernetes 1.36 do. */
describe("native control in the model", () => {
  it("takes no pod from an old version, sized for more pods, once a pause has given the new one all that were due", () => {
    const paused = aDeployment({ image: "web:2", paused: true, ...spec(1, 2) });
    const sets = [sized("web:1", 1, 1, 8), sized("web:2", 1, 1, 2, 0)];
    expect(synced(paused, sets)).to.deep.equal([
      [1, 1],
      [2, 1],
    ]);
  });

  it("goes on to scale, and begins no version, while the only one with pods has its size but was sized for another", () => {
    const scaled = aDeployment({ image: "web:2", ...spec(4, 1) });
    expect(synced(scaled, [sized("web:1", 4, 1, 2)])).to.deep.equal([[4, 1]]);
  });

  it("counts the pods of a version with the same image but another template as not updated", () => {
    const world = aShop({ replicas: 4 });
    const template = aTemplate();
    template.metadata = { ...template.metadata, annotations: { "kubectl.kubernetes.io/restartedAt": "now" } };
    world.put("deployments", edit({ template })(world.get("deployments", "web")));
    world.tick();
    expect(world.get("deployments", "web").status?.updatedReplicas).to.equal(1);
  });
});
