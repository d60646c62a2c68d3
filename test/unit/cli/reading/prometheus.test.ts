import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import type { Cluster } from "../../../../cli/frame/cluster.ts";
import { prometheusFor, proxyPathOf } from "../../../../cli/reading/prometheus.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import { ApiError } from "../../../../kube/client/errors.ts";
import { aDeployment } from "../../../support/builders.ts";

const INSTANT = { from: 1_000, to: 1_000, stepMs: 1_000 };
const rejection = (promise: Promise<unknown>) => promise.then(String, (error: Error) => error.message);

describe("the Prometheus of kubectl serin", () => {
  const paths: Record<string, string> = {
    "http://prometheus.monitoring:9090": "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy",
    "http://mimir.obs.svc.cluster.local:8080/prometheus/":
      "/api/v1/namespaces/obs/services/mimir:8080/proxy/prometheus",
    "https://thanos.obs.svc": "/api/v1/namespaces/obs/services/https:thanos:443/proxy",
    "http://prometheus.monitoring": "/api/v1/namespaces/monitoring/services/prometheus:80/proxy",
  };
  for (const [url, path] of Object.entries(paths))
    it(`is behind the API server's proxy: ${url}`, () => expect(proxyPathOf(new URL(url))).to.equal(path));

  it("is not behind the proxy at an address that is not a Service", () => {
    expect(() => proxyPathOf(new URL("https://metrics.example.com"))).to.throw(
      /not a Service.*give a URL by --prometheus/,
    );
  });

  it("is not known where the plan names a provider, or where the controller may not be read", async () => {
    const nobody = { kube: {} as Kube, behind: async () => expect.fail("nothing to ask") };
    expect(await rejection(prometheusFor(nobody, undefined, "thanos").over("up", INSTANT))).to.match(
      /provider thanos.*give its URL by --prometheus/,
    );
    const refused = new ApiError(403, "Forbidden", "deployments.apps is forbidden");
    const list = () => Promise.reject(refused);
    const unseen = { ...nobody, kube: { list } as unknown as Kube };
    expect(await rejection(prometheusFor(unseen, undefined).over("up", INSTANT))).to.match(
      /^it is not known which Prometheus.*deployments.apps is forbidden.*--prometheus$/,
    );
  });

  describe("through a server", () => {
    let server: Server;
    let asked: { path: string; body: string; headers: Record<string, unknown> }[];
    let code: number;
    let address: string;
    beforeEach(async () => {
      [asked, code] = [[], 200];
      server = createServer(async (request, response) => {
        asked.push({ path: request.url ?? "", body: await text(request), headers: request.headers });
        const data = { resultType: "vector", result: [{ metric: { a: "b" }, value: [1, "7"] }] };
        response
          .writeHead(code)
          .end(JSON.stringify(code === 200 ? { status: "success", data } : { message: "no" }));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(() => server.close());

    it("answers at the URL of --prometheus, and nothing else is asked", async () => {
      const nobody = { kube: {} as Kube, behind: async () => expect.fail("nothing to ask") };
      const answer = await prometheusFor(nobody, address).over("up", INSTANT);
      expect([...answer]).to.deep.equal([[1_000, [{ labels: { a: "b" }, value: 7 }]]]);
      expect(asked.map(({ path }) => path)).to.deep.equal(["/api/v1/query"]);
    });

    it("answers behind the API server, with the user's credentials, after one look-up", async () => {
      const prometheus = prometheusFor(cluster(), undefined);
      await prometheus.over("up", INSTANT);
      await prometheus.over("up", INSTANT);
      const path = "/api/v1/namespaces/monitoring/services/prom:9090/proxy/api/v1/query";
      expect(asked.map((one) => one.path)).to.deep.equal([path, path]);
      expect(asked[0]?.headers).to.include({
        authorization: "Bearer secret-of-the-user",
        "impersonate-group": "a, b",
      });
      expect(lists).to.equal(2);
    });

    it("says what else is possible where the API server does not lead there, and hides the token", async () => {
      code = 403;
      const message = await rejection(prometheusFor(cluster(), undefined).over("up", INSTANT));
      expect(message).to.match(/through the API server \(services\/proxy\).*\(403\): no.*--prometheus/);
    });

    let lists = 0;
    /** A cluster whose controller reads `prom.monitoring`, and whose API server is the test's. */
    function cluster(): Pick<Cluster, "kube" | "behind"> {
      lists = 0;
      const controller = aDeployment();
      const args = ["controller/main.ts", "--prometheus=http://prom.monitoring:9090"];
      const spec = {
        ...controller.spec,
        template: { spec: { containers: [{ name: "c", image: "i", args }] } },
      };
      const named = { ...controller, metadata: { ...controller.metadata, name: "serin-controller" }, spec };
      const list = async ({ plural }: { plural: string }) => {
        lists += 1;
        return { items: plural === "deployments" ? [named] : [], resourceVersion: "1" };
      };
      return {
        kube: { list } as unknown as Kube,
        behind: async (path) => ({
          url: new URL(path, address),
          headers: { authorization: "Bearer secret-of-the-user", "impersonate-group": ["a", "b"] },
          secrets: ["secret-of-the-user"],
        }),
      };
    }
  });
});
