import { expect } from "chai";
import { type ReadTemplate, templatesFrom } from "../../../evidence/templates.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { configMaps } from "../../../kube/core/resources.ts";
import { render } from "../../../rollout/plan/metric-template.ts";
import { FakeApi } from "../../support/api.ts";
import { FakeClock } from "../../support/clock.ts";

describe("metric templates", () => {
  let api: FakeApi;
  let kube: Kube;
  let clock: FakeClock;
  let read: ReadTemplate;

  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    clock = new FakeClock();
    read = templatesFrom({ kube, namespace: "serin-system", trusted: ["shop"], clock });
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
  });

  function add(namespace: string, data: Readonly<Record<string, string>>, label = "true"): void {
    const labels = { "serin.dev/metric-template": label };
    api.add(configMaps, { metadata: { namespace, name: "errors", labels }, data });
  }
  async function queryOf(namespace: string): Promise<string> {
    const found = await read(namespace, "errors");
    if ("problems" in found) throw new Error(found.problems.join());
    const rendered = render(found.value, { namespace, target: "web" }, {});
    return "value" in rendered ? rendered.value : rendered.problems.map(({ what }) => what).join();
  }
  async function problemOf(namespace: string): Promise<string> {
    const found = await read(namespace, "errors");
    return "problems" in found ? found.problems.join("; ") : "none";
  }

  it("are found in the Deployment's namespace first, then in Serin's", async () => {
    add("serin-system", { query: 'shared{ns="{{ namespace }}"}' });
    add("shop", { query: "own" });
    expect(await queryOf("shop")).to.equal("own");
    expect(await queryOf("bank")).to.equal('shared{ns="bank"}');
    expect(await queryOf("serin-system")).to.equal('shared{ns="serin-system"}');
  });

  it("have variables in YAML, all of them text", async () => {
    add("shop", {
      query: "{{ variables.code }} {{ variables.least }} {{ variables.on }}",
      variables: "code: 5..\nleast: 0100 # requests\n'on': yes\n",
    });
    expect(await queryOf("shop")).to.equal("5.. 0100 yes");
  });

  it("are read once a minute", async () => {
    add("shop", { query: "one" });
    await Promise.all([queryOf("shop"), queryOf("shop")]);
    api.change(configMaps, "shop/errors", { data: { query: "two" } });
    await clock.advance(59_000);
    expect(await queryOf("shop")).to.equal("one");
    expect(api.requests).to.have.length(1);
    await clock.advance(1_000);
    expect(await queryOf("shop")).to.equal("two");
  });

  it("are said to be missing, with where they could be", async () => {
    add("shop", { query: "one" }, "yes");
    expect(await problemOf("shop")).to.equal(
      "metric template errors not found: " +
        'no ConfigMap errors with the label serin.dev/metric-template: "true" in shop or serin-system',
    );
  });

  it("of a namespace without trust are not read, and the message names the flag", async () => {
    add("bank", { query: 'customers{namespace="shop"}' });
    expect(await problemOf("bank")).to.equal(
      "metric template errors not found: no ConfigMap errors with the label " +
        'serin.dev/metric-template: "true" in serin-system. To read templates from bank, start the controller with ' +
        "--template-namespace=bank",
    );
    expect(api.requests.map(({ path }) => path).filter((path) => path.includes("/bank/"))).to.deep.equal([]);
    read = templatesFrom({ kube, namespace: "serin-system", trusted: ["*"], clock });
    expect(await queryOf("bank")).to.equal('customers{namespace="shop"}');
  });

  it("of all are not hidden by a ConfigMap that is none", async () => {
    add("shop", { query: "one" }, "false");
    add("serin-system", { query: "two" });
    expect(await queryOf("shop")).to.equal("two");
  });

  it("say everything that is wrong with them", async () => {
    add("shop", { querry: "up", interval: "1x", variables: "- a" });
    const problem = await problemOf("shop");
    expect(problem).to.contain("metric template shop/errors: ");
    expect(problem).to.contain("unknown key querry; did you mean query?");
    expect(problem).to.contain("query: missing: use a query");
    expect(problem).to.contain('interval: invalid value "1x": use a duration with a unit');
    expect(problem).to.contain('variables: invalid value "- a": use a map of texts in YAML');
  });

  it("say that Serin lacks the right to read them", async () => {
    api.faults.push(() => ({ status: 403 }));
    expect(await problemOf("shop")).to.equal("Serin may not get the ConfigMap shop/errors");
  });

  it("leave it to the caller when the API server is away", async () => {
    api.faults.push(() => ({ status: 500 }));
    const error = await read("shop", "errors").catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error);
  });
});
