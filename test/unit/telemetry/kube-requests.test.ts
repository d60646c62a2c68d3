import { Registry } from "@prometheus-io/client";
import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import { ApiError } from "../../../kube/client/errors.ts";
import { deployments, services } from "../../../kube/core/resources.ts";
import { countedKube } from "../../../telemetry/kube-requests.ts";
import { FakeClock } from "../../support/clock.ts";

describe("telemetry/kube-requests", () => {
  it("counts calls by verb, kind and status, and names no object", async () => {
    const registry = new Registry();
    const kube = {
      get: async () => ({}),
      jsonPatch: async () => Promise.reject(new ApiError(409, "Conflict", "changed")),
      mergePatch: async () => Promise.reject(new Error("no answer")),
      async *watch() {
        yield { type: "ADDED" };
      },
    } as unknown as Kube;
    const counted = countedKube(kube, registry, new FakeClock());
    await counted.get(deployments, { namespace: "shop", name: "web" });
    await counted.jsonPatch(services, { namespace: "shop", name: "web" }, []).catch(() => {});
    await counted.mergePatch(services, { namespace: "shop", name: "web" }, {}).catch(() => {});
    for await (const _event of counted.watch(deployments, {}, {}, new AbortController().signal)) break;
    const text = await registry.metrics();
    const lines = text.split("\n").filter((line) => line.startsWith("serin_kube_requests_total"));
    expect(lines).to.have.members([
      'serin_kube_requests_total{verb="get",resource="deployments",code="2xx"} 1',
      'serin_kube_requests_total{verb="patch",resource="services",code="409"} 1',
      'serin_kube_requests_total{verb="patch",resource="services",code="none"} 1',
      'serin_kube_requests_total{verb="watch",resource="deployments",code="2xx"} 1',
    ]);
    expect(text).to.not.contain("shop");
  });
});
