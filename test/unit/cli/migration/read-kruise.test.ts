import { expect } from "chai";
import { readKruise } from "../../../../cli/migration/read-kruise.ts";
import { toApiError } from "../../../../kube/client/errors.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";

const deployment: KubeObject = {
  metadata: { name: "web", namespace: "shop" },
  spec: { selector: {}, template: {} },
};
const rollout = (name: string, of: string): KubeObject => ({
  metadata: { name },
  spec: {
    workloadRef: { apiVersion: "apps/v1", kind: "Deployment", name: of },
    strategy: { canary: { steps: [{ traffic: "20%", pause: { duration: 60 } }] } },
  },
});

/** A place with these Rollouts; `undefined`: the cluster does not know the kind. */
function place(rollouts: readonly KubeObject[] | undefined) {
  const kube = {
    get: async () => deployment,
    list: async (
      _resource: object,
      _where: object,
      _query: object,
      pick: (object: KubeObject) => KubeObject,
    ) => {
      if (rollouts === undefined) throw toApiError(404, "");
      return { items: rollouts.map(pick), resourceVersion: "1" };
    },
  };
  return { kube: kube as never, namespace: "shop", name: "web" };
}

describe("what kubectl serin migrate kruise reads", () => {
  it("is the Rollout of the Deployment, with the annotations that convert writes", async () => {
    const seen = await readKruise(place([rollout("other", "api"), rollout("mine", "web")]));
    expect(seen.rollout?.metadata.name).to.equal("mine");
    expect(seen.annotations).to.deep.equal({ "serin.dev/rollout": "canary", "serin.dev/steps": "20:1m" });
  });

  it("is the Deployment alone after the Rollout, or the kind, is gone", async () => {
    expect(await readKruise(place([]))).to.deep.equal({ deployment });
    expect(await readKruise(place(undefined))).to.deep.equal({ deployment });
  });
});
