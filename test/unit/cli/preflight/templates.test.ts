import { expect } from "chai";
import { aboutTemplates } from "../../../../cli/preflight/templates.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import { configMaps, deployments } from "../../../../kube/core/resources.ts";
import { ProviderError } from "../../../../providers/provider.ts";
import { FakeApi } from "../../../support/api.ts";
import { aDeployment, aPlan } from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";

const { checks } = aPlan({ "serin.dev/checks": "success-rate >= 99%, errors < 1%, errors > 0, lag <= 5" });

describe("the metric templates that preflight looks at", () => {
  let api: FakeApi;
  let kube: Kube;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
  });

  function template(namespace: string, name: string, data: object = { query: "sum(x)" }) {
    const labels = { "serin.dev/metric-template": "true" };
    api.add(configMaps, { metadata: { namespace, name, labels }, data } as never);
  }
  const told = async () =>
    (await aboutTemplates({ kube, namespace: "shop" }, new FakeClock(), checks)).map(
      ({ kind, where, says }) => `${kind}: ${where}: ${says}`,
    );

  it("are those of Serin's namespace: one that is missing or not valid is a fault", async () => {
    template("serin-system", "errors");
    template("shop", "lag");
    expect(await told()).to.deep.equal([
      "good: check errors < 1%: judged by the metric template errors",
      "good: check errors > 0: judged by the metric template errors",
      'bad: check lag <= 5: metric template lag not found: no ConfigMap lag with the label serin.dev/metric-template: "true" in serin-system. To read templates from shop, start the controller with --template-namespace=shop',
    ]);
    template("serin-system", "lag", {});
    expect((await told())[2]).to.match(/^bad: check lag <= 5: metric template serin-system\/lag: /);
  });

  it("are also those of the namespaces that the controller trusts", async () => {
    template("serin-system", "errors");
    template("shop", "lag");
    const containers = [{ name: "controller", args: ["controller/main.ts", "--template-namespace=shop"] }];
    api.add(deployments, {
      metadata: { namespace: "serin-system", name: "serin-controller" },
      spec: { ...aDeployment({}).spec, template: { spec: { containers } } },
    });
    expect((await told())[2]).to.equal("good: check lag <= 5: judged by the metric template lag");
  });

  it("are not told of where the reader may not see them", async () => {
    api.faults.push(({ path }) =>
      path.includes("/configmaps/") ? { status: 403, message: "configmaps is forbidden" } : undefined,
    );
    const error = await told().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ProviderError);
    expect(String(error)).to.include("configmaps is forbidden");
  });
});
