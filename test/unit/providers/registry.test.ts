import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import { secrets } from "../../../kube/core/resources.ts";
import { type Provider, ProviderError } from "../../../providers/provider.ts";
import { providersFrom } from "../../../providers/registry.ts";
import { FakeApi } from "../../support/api.ts";
import { FakeClock } from "../../support/clock.ts";
import { window } from "./behaviour.ts";
import { type ApiServer, startServer } from "./server.ts";

describe("providers", () => {
  let api: FakeApi;
  let kube: Kube;
  let server: ApiServer;
  let clock: FakeClock;
  let find: (name: string) => Promise<Provider>;
  const prometheus: Provider = { read: async () => ({ kind: "missing", reason: "none" }) };

  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    server = await startServer();
    server.answer = () => ({ body: "7" });
    clock = new FakeClock();
    find = providersFrom({ kube, namespace: "serin-system", names: ["numbers"], prometheus, clock });
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
    server.close();
  });

  function add(data: Readonly<Record<string, string>>, name = "numbers"): void {
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
    api.add(secrets, {
      metadata: { namespace: "serin-system", name },
      data: Object.fromEntries(encoded),
    });
  }
  const reads = () => api.requests.filter(({ path }) => path.includes("/secrets/")).length;
  async function refusal(name = "numbers"): Promise<string> {
    const error = await find(name).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ProviderError);
    return (error as ProviderError).message;
  }

  it("are made from the Secrets that an administrator names", async () => {
    add({ provider: "http\n", address: `${server.url}/\n`, token: "t0ken" });
    const reading = await (await find("numbers")).read("n", window);
    expect(reading).to.include({ kind: "value", value: 7 });
    expect(server.last().headers.authorization).to.equal("Bearer t0ken");
  });

  it("have Prometheus among them, without a Secret", async () => {
    expect(await find("prometheus")).to.equal(prometheus);
    expect(reads()).to.equal(0);
  });

  it("never are other Secrets", async () => {
    add({ provider: "http", address: server.url }, "serin-certificate");
    expect(await refusal("serin-certificate")).to.equal(
      "provider serin-certificate: not allowed: " +
        "an administrator must start the controller with --provider=serin-certificate",
    );
    expect(reads()).to.equal(0);
  });

  it("are read once a minute, however many ask, and again after it", async () => {
    add({ provider: "http", address: server.url });
    const first = await Promise.all([find("numbers"), find("numbers"), find("numbers")]);
    await clock.advance(59_000);
    expect(await find("numbers")).to.equal(first[0]);
    expect(reads()).to.equal(1);
    await clock.advance(1_000);
    // Unchanged, so that it keeps its token.
    expect(await find("numbers")).to.equal(first[0]);
    expect(reads()).to.equal(2);
  });

  it("take a new credential within a minute", async () => {
    add({ provider: "http", address: server.url, token: "old" });
    await find("numbers");
    const token = Buffer.from("new").toString("base64");
    api.change(secrets, "serin-system/numbers", { data: { token } });
    await clock.advance(60_000);
    await (await find("numbers")).read("n", window);
    expect(server.last().headers.authorization).to.equal("Bearer new");
  });

  it("are there soon after their Secret is", async () => {
    expect(await refusal()).to.equal("provider numbers: Secret serin-system/numbers not found");
    add({ provider: "http", address: server.url });
    await clock.advance(10_000);
    expect(await find("numbers")).to.have.property("read");
  });

  it("name the right that the administrator must give", async () => {
    api.faults.push(() => ({ status: 403 }));
    expect(await refusal()).to.equal(
      "provider numbers: Serin may not get Secret serin-system/numbers: add its name to a Role of serin-system",
    );
  });

  const faulty: readonly [Readonly<Record<string, string>>, string][] = [
    [{ address: "http://a" }, "provider numbers: its Secret lacks the key provider"],
    [{ provider: "datadig" }, "provider numbers: unknown provider in its Secret; did you mean datadog?"],
    [
      { provider: "zebra" },
      "provider numbers: unknown provider in its Secret; use one of prometheus, datadog",
    ],
    [{ provider: "constructor" }, "provider numbers: unknown provider in its Secret; use one of"],
    [{ provider: "datadog", datadog_api_key: "k" }, "its Secret lacks the key datadog_application_key"],
    [{ provider: "graphite" }, "provider numbers: its Secret lacks the key address"],
    [
      { provider: "http", address: "ftp://a" },
      "invalid address: use an http or https URL without credentials",
    ],
    [
      { provider: "http", address: "http://me:t0ken@a" },
      "invalid address: use an http or https URL without credentials",
    ],
    [{ provider: "http", address: "http://a", username: "me" }, "its Secret lacks the key password"],
  ];
  for (const [data, says] of faulty) {
    it(`say of ${JSON.stringify(data)} what is wrong`, async () => {
      add(data);
      const message = await refusal();
      expect(message).to.contain(says);
      expect(message).not.to.contain("t0ken");
    });
  }
});
