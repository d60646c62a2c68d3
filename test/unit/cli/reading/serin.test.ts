import { expect } from "chai";
import { controllerAmong, programsIn } from "../../../../cli/reading/serin.ts";
import { deployments } from "../../../../kube/core/resources.ts";
import { FakeApi } from "../../../support/api.ts";
import { aDeployment } from "../../../support/builders.ts";

describe("the programs of Serin", () => {
  it("are found by what they run, because an overlay may give them other names and labels", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const add = (name: string, ...args: string[]) =>
      api.add(deployments, {
        metadata: { namespace: "platform", name, labels: { "app.kubernetes.io/name": "delivery" } },
        spec: { ...aDeployment({}).spec, template: { spec: { containers: [{ name: "a", args }] } } },
      });
    add("acme-serin-eu", "webhook/main.ts", "--port=8443");
    add("acme-serin-controller-eu", "controller/main.ts", "--prometheus=http://a.b:9090");
    add("cert-controller", "--controller");
    add("without-args");
    try {
      const { programs, others } = await programsIn(kube, "platform");
      expect(programs.map(({ metadata }) => metadata.name)).to.have.members([
        "acme-serin-eu",
        "acme-serin-controller-eu",
      ]);
      expect(others).to.have.members(["cert-controller", "without-args"]);
      expect(controllerAmong(programs)?.metadata.name).to.equal("acme-serin-controller-eu");
    } finally {
      await kube.close();
      await api.stop();
    }
  });
});
