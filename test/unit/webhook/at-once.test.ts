import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import type { Resource } from "../../../kube/core/resources.ts";
import type { Service } from "../../../kube/core/services.ts";
import type { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { HELD, TRACK } from "../../../rollout/keys.ts";
import { isolationPatch } from "../../../rollout/traffic/isolation.ts";
import { admitDeployments } from "../../../webhook/deployments.ts";
import { admitServices } from "../../../webhook/in-flight.ts";
import { Lanes } from "../../../webhook/lanes.ts";
import type { AdmissionRequest } from "../../../webhook/review.ts";
import type { Admit } from "../../../webhook/server.ts";
import { admitTracked } from "../../../webhook/tracked.ts";
import { AT_NOON, aDeployment, aHeld, aService } from "../../support/builders.ts";
import { FakeClock } from "../../support/clock.ts";
import { noLog } from "../../support/log.ts";
import { merge } from "../../support/patch.ts";

/** What a tenant may send as often as they like, and Serin answers only after it has listed objects. */
describe("admission, of many requests at once", () => {
  let lists: number;
  let most: number;
  let kube: Kube;
  const clock = new FakeClock();
  beforeEach(() => {
    [lists, most] = [0, 0];
    const list = async () => {
      lists += 1;
      most = Math.max(most, lists);
      await new Promise((resolve) => setImmediate(resolve));
      lists -= 1;
      return { items: [] };
    };
    const get = async (_resource: Resource, { name }: { name: string }) => ({ metadata: { name } });
    kube = { list, get } as unknown as Kube;
  });

  const expectTurns = async (admit: Admit<never>, object: object, oldObject: object) => {
    const request = {
      uid: "u",
      operation: "UPDATE",
      object,
      oldObject,
    } as unknown as AdmissionRequest<never>;
    await Promise.all(Array.from({ length: 50 }, () => admit(request)));
    expect(most).to.be.within(1, 2);
  };

  it("reads for two of a namespace: new selectors of Services in flight", async () => {
    const isolated = merge(aService(), isolationPatch(aService(), "uid-web", "web1", AT_NOON)) as Service;
    const object = { ...isolated, spec: { ...isolated.spec, selector: { app: "other" } } };
    await expectTurns(admitServices(kube, new Lanes(clock)), object, isolated);
  });

  it("reads for two of a namespace: contents of tracked Secrets", async () => {
    const metadata = { name: "web", namespace: "shop", labels: { [TRACK]: "true" } };
    const secret = (text: string) => ({ kind: "Secret", metadata, data: { text } });
    const admit = admitTracked({ kube, namespace: "serin-system", clock, log: noLog });
    await expectTurns(admit, secret("b"), secret("a"));
  });

  it("reads for two of a namespace: orders", async () => {
    const needs = {
      kube,
      index: {} as RouteIndex,
      namespace: "serin-system",
      hookHosts: [],
      clock,
      log: noLog,
    };
    const annotations = { [HELD]: JSON.stringify(aHeld()) };
    const held = aDeployment({ annotations });
    const asked = aDeployment({ annotations: { ...annotations, "serin.dev/promote": "1" } });
    await expectTurns(admitDeployments(needs), asked, held);
  });
});
