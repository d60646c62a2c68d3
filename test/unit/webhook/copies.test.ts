import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import { HELD } from "../../../rollout/keys.ts";
import { admitDeployments } from "../../../webhook/deployments.ts";
import { aDeployment, aHeld } from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";
import { noLog } from "../../support/log.ts";

describe("webhook/deployments, asked to create many copies in flight", () => {
  it("lists few ReplicaSets at once, and answers every request", async () => {
    let [listing, most] = [0, 0];
    const list = async () => {
      listing += 1;
      most = Math.max(most, listing);
      await new Promise((resolve) => setImmediate(resolve));
      listing -= 1;
      return { items: [], resourceVersion: "1" };
    };
    const kube = { list, get: async () => ({ metadata: { name: "shop" } }) } as unknown as Kube;
    const admit = admitDeployments({
      kube,
      index: {} as never,
      namespace: "serin-system",
      hookHosts: [],
      clock: hastyClock,
      log: noLog,
    });
    const object = aDeployment({ annotations: { [HELD]: JSON.stringify(aHeld({ phase: "failed" })) } });
    const kind = { group: "apps", version: "v1", kind: "Deployment" };
    const request = { uid: "u", kind, operation: "CREATE", object, oldObject: null } as const;
    const answers = await Promise.all(Array.from({ length: 20 }, () => admit(request as never)));
    expect(most).to.equal(2);
    expect(answers.map(({ allowed }) => allowed)).to.deep.equal(answers.map(() => false));
  });
});
