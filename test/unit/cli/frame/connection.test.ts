import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { defineCommand } from "../../../../cli/frame/command.ts";
import { runLine } from "../../../../cli/frame/run.ts";
import { deployments } from "../../../../kube/core/resources.ts";
import { FakeClock } from "../../../support/clock.ts";
import { kept } from "./streams.ts";

const look = defineCommand({
  name: "look",
  group: "See",
  about: "Looks.",
  flags: {},
  async run({ cluster, terminal }) {
    const { kube, namespace } = await cluster();
    const found = await kube.get(deployments, { namespace, name: "web" });
    terminal.say(`${namespace} ${found.metadata.name}`);
    return 0;
  },
});

const reach = defineCommand({
  name: "reach",
  group: "See",
  about: "Reaches what is behind the API server.",
  flags: {},
  async run({ cluster, terminal }) {
    const { url, headers, secrets } = await (await cluster()).behind("/proxy/prometheus");
    terminal.say(JSON.stringify({ path: url.pathname, headers, secrets }));
    return 0;
  },
});

const tell = defineCommand({
  name: "tell",
  group: "See",
  about: "Tells the time.",
  flags: {},
  async run({ cluster, terminal, clock }) {
    const { kube, namespace } = await cluster();
    await kube.get(deployments, { namespace, name: "web" });
    terminal.say(new Date(clock.now()).toISOString());
    return 0;
  },
});

describe("the connection of kubectl serin", () => {
  let folder: string;
  let server: Server;
  let asked: { url?: string | undefined; headers: Record<string, unknown> };
  let answer: { code: number; body: object; warning?: string };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "serin-"));
    answer = { code: 200, body: { metadata: { name: "web" } } };
    server = createServer(({ url, headers }, response) => {
      asked = { url, headers };
      if (answer.warning) response.setHeader("warning", answer.warning);
      response.writeHead(answer.code).end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  function config(name: string, namespace: string): string {
    const { port } = server.address() as AddressInfo;
    const path = join(folder, name);
    const content = {
      "current-context": name,
      clusters: [
        { name: "c", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } },
      ],
      users: [{ name: "u", user: { token: `token-of-${name}` } }],
      contexts: [{ name, context: { cluster: "c", user: "u", namespace } }],
    };
    writeFileSync(path, JSON.stringify(content));
    return path;
  }

  async function run(line: string, environment: Record<string, string>) {
    const streams = kept();
    const code = await runLine([look, reach, tell], {
      program: "kubectl serin",
      line: line.split(" "),
      place: { isTty: false, environment: { HOME: folder, ...environment }, platform: "linux" },
      streams,
      clock: new FakeClock(),
      version: "1",
    });
    return { code, ...streams.written };
  }

  it("merges the files of $KUBECONFIG as kubectl does: the first name wins, and a missing file does not count", async () => {
    const KUBECONFIG = [join(folder, "missing"), config("a", "shop"), config("b", "pay")].join(delimiter);
    expect(await run("look", { KUBECONFIG })).to.include({ code: 0, out: "shop web\n" });
    expect(await run("look --context b", { KUBECONFIG })).to.include({ code: 0, out: "pay web\n" });
    expect(asked.headers.authorization).to.equal("Bearer token-of-a");
    expect(await run("look -n x", { KUBECONFIG })).to.include({ out: "x web\n" });
    expect(await run("look --context=c", { KUBECONFIG })).to.include({
      code: 1,
      error: 'error: context "c" does not exist\n',
    });
  });

  it("goes by the API server's clock, whatever the user's machine shows", async () => {
    const { out } = await run("tell", { KUBECONFIG: config("a", "shop") });
    expect(Math.abs(Date.parse(out.trim()) - Date.now()), "ms").to.be.below(5_000);
  });

  it("impersonates a user and groups", async () => {
    const KUBECONFIG = config("a", "shop");
    await run("look --as jane --as-group dev --as-group ops", { KUBECONFIG });
    expect(asked.headers).to.include({ "impersonate-user": "jane", "impersonate-group": "dev, ops" });
  });

  it("leads behind the API server with the same credentials, which messages must hide", async () => {
    const KUBECONFIG = config("a", "shop");
    const { out } = await run("reach --as jane --as-group dev --as-group ops", { KUBECONFIG });
    expect(JSON.parse(out)).to.deep.equal({
      path: "/proxy/prometheus",
      headers: {
        authorization: "Bearer token-of-a",
        "impersonate-user": "jane",
        "impersonate-group": ["dev", "ops"],
      },
      secrets: ["Bearer token-of-a", "token-of-a"],
    });
  });

  it("tells warnings and errors in kubectl's form, and the right that is missing", async () => {
    const KUBECONFIG = config("a", "shop");
    answer.warning = '299 - "old"';
    expect(await run("look", { KUBECONFIG })).to.include({ code: 0, error: "Warning: old\n" });
    const message =
      'deployments.apps "web" is forbidden: User "jane" cannot get resource "deployments" in API group "apps" in the namespace "shop"';
    answer = { code: 403, body: { code: 403, reason: "Forbidden", message } };
    expect(await run("look", { KUBECONFIG })).to.include({
      code: 1,
      error: `Error from server (Forbidden): ${message}\nYou need the right to get deployments.apps in the namespace shop: kubectl auth can-i get deployments.apps -n shop shows whether you have it\n`,
    });
  });

  it("says what is missing where no file names a cluster", async () => {
    const told = (await run("look", {})).error;
    expect(told).to.equal(
      "error: no kubeconfig: set $KUBECONFIG or --kubeconfig, or create ~/.kube/config\n",
    );
    expect((await run(`look --kubeconfig ${folder}/none`, {})).error).to.match(
      /^error: cannot read the kubeconfig /,
    );
  });
});
