import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import manifest from "../../../package.json" with { type: "json" };
import { metricsEndpoint } from "../../../telemetry/endpoint.ts";
import { programRegistry } from "../../../telemetry/registry.ts";
import { rememberingLog } from "../../support/log.ts";

describe("telemetry/endpoint", () => {
  const log = rememberingLog();
  const registry = programRegistry("webhook");
  const broken = { contentType: registry.contentType, metrics: async () => Promise.reject(new Error("no")) };

  async function ask(given: Parameters<typeof metricsEndpoint>[0], path: string, method = "GET") {
    const server = createServer(metricsEndpoint(given, log));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    const text = await answer.text();
    server.close();
    server.closeAllConnections();
    return { status: answer.status, type: answer.headers.get("content-type"), text };
  }

  it("serves the program's metrics in the text format, and nothing else", async () => {
    const { status, type, text } = await ask(registry, "/metrics");
    expect({ status, type }).to.deep.equal({ status: 200, type: registry.contentType });
    expect(text).to.contain(`serin_build_info{component="webhook",version="${manifest.version}"} 1`);
    expect(text).to.match(/^process_resident_memory_bytes \d/m);
    expect((await ask(registry, "/")).status).to.equal(404);
    expect((await ask(registry, "/metrics", "POST")).status).to.equal(404);
  });

  it("answers 500 and logs the cause when a scrape fails", async () => {
    expect((await ask(broken, "/metrics")).status).to.equal(500);
    expect(log.lines).to.deep.equal(["error: scrape failed"]);
  });
});
