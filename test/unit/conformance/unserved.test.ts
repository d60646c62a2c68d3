import { expect } from "chai";
import { CheckedRoute } from "../../../conformance/checked-route.ts";
import { checkedWorkloads } from "../../../conformance/objects.ts";
import { systemClock } from "../../../kube/core/clock.ts";
import { deployments, httpRoutes, pods } from "../../../kube/core/resources.ts";
import { FakeApi } from "../../support/api.ts";

const namespace = "scratch";

describe("the error of a check whose route is not served", () => {
  it("tells what a request got, and why a version has no ready pod", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    for (const { resource, body } of checkedWorkloads("nod:24", "1"))
      await kube.create(resource, { namespace }, body);
    api.change(deployments, "scratch/serin-check-v1", { status: { readyReplicas: 1 } });
    const message = "Deployment does not have minimum availability.";
    const conditions = [{ type: "Available", status: "False", message }];
    api.change(deployments, "scratch/serin-check-v2", { status: { conditions } });
    const containerStatuses = [{ name: "echo", state: { waiting: { reason: "ImagePullBackOff" } } }];
    const labels = { "serin.dev/gateway-check-version": "v2-1" };
    api.add(pods, { metadata: { name: "p", namespace, labels }, status: { containerStatuses } });
    const { signal } = new AbortController();
    const parent = { namespace: "edge", name: "gw" };
    const target = { kube, clock: systemClock, namespace, parent, domain: "example", signal };
    const open = async () =>
      String(
        await CheckedRoute.open({ ...target, url: "http://127.0.0.1:9" }, "HTTPRoute", 100).catch(
          (error: unknown) => error,
        ),
      );
    const got =
      "does not serve HTTPRoute serin-check after 0.1s: the route has no status; the last request got no answer (connect ECONNREFUSED 127.0.0.1:9); Deployment serin-check-v2 has no ready pod: ";
    expect(await open()).to.include(`${got}container echo is in ImagePullBackOff`);
    api.remove(httpRoutes, "scratch/serin-check");
    api.faults.push(({ path }) => (path.endsWith("/pods") ? { status: 403 } : undefined));
    expect(await open()).to.include(`${got}${message}`);
    await kube.close();
    await api.stop();
  });
});
