import { expect } from "chai";
import type { Service } from "../../../kube/core/services.ts";
import { canaryServiceOf } from "../../../rollout/traffic/canary-service.ts";
import { admitServices } from "../../../webhook/in-flight.ts";
import { Lanes } from "../../../webhook/lanes.ts";
import { FakeApi } from "../../support/api.ts";
import { aDeployment, aService } from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";

describe("webhook/in-flight", () => {
  it("refuses every update of a canary Service", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const canaryService = canaryServiceOf(aService(), aDeployment(), "canary");
    const object: Service = { ...canaryService, spec: { ...canaryService.spec, selector: { app: "mine" } } };
    const kind = { group: "", version: "v1", kind: "Service" };
    const request = { uid: "1", operation: "UPDATE", kind, object, oldObject: canaryService } as const;
    expect(await admitServices(kube, new Lanes(hastyClock))(request)).to.deep.equal({
      allowed: false,
      message:
        "Service web-canary carries the canary's traffic until the rollout in flight is over; give yours another name",
    });
    await kube.close();
    await api.stop();
  });
});
