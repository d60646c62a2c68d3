import { expect } from "chai";
import type { EndedList, RolloutDetail, RolloutList } from "../../../dashboard/api.ts";
import { deployments } from "../../../kube/core/resources.ts";
import { aDeployment } from "../../support/builders.ts";
import { eventually } from "../../support/eventually.ts";
import { fly, land } from "./flying.ts";
import { PAGE, RunningDashboard } from "./running.ts";

const names = ({ rollouts }: RolloutList) =>
  rollouts.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

describe("the dashboard's server", () => {
  let running: RunningDashboard;
  before(async () => {
    running = await RunningDashboard.open(
      (api) => {
        fly(api);
        fly(api, { namespace: "pay", name: "ledger", weight: 25 });
        land(api, { namespace: "lab", name: "old" });
        api.add(deployments, aDeployment({ meta: { name: "plain", annotations: {} } }));
      },
      { cluster: "prod-eu" },
    );
  });
  after(() => running?.close());

  it("lists what is in flight, and on demand every opted-in Deployment with its last rollout", async () => {
    const list = await running.json<RolloutList>("api/rollouts");
    expect(list.cluster).to.equal("prod-eu");
    expect(names(list)).to.have.members(["shop/web", "pay/ledger"]);
    const [web] = list.rollouts.filter(({ metadata }) => metadata.name === "web");
    expect(web).to.deep.include({
      state: "preparing",
      revision: "2",
      traffic: { canary: 10, stable: 90 },
      pods: [],
    });
    const all = await running.json<RolloutList>("api/rollouts?all=true");
    expect(names(all)).to.have.members(["shop/web", "pay/ledger", "lab/old"]);
    const old = all.rollouts.find(({ metadata }) => metadata.name === "old");
    expect(old).to.deep.include({ state: "rest", revision: "2", outcome: "promoted", says: "promoted" });
  });

  it("shows one rollout with its history, events, changes and commands", async () => {
    running.lists.events = [
      {
        metadata: { name: "a" },
        type: "Warning",
        reason: "CanaryFailed",
        message: "5xx",
        count: 2,
        lastTimestamp: "2026-01-01T12:05:00Z",
      },
      {
        metadata: { name: "b" },
        type: "Normal",
        reason: "CanaryStep",
        message: "step 2",
        eventTime: "2026-01-01T12:06:00.000000Z",
      },
    ];
    const detail = await running.json<RolloutDetail>("api/rollouts/shop/web");
    expect(detail.view).to.deep.include({ state: "preparing", traffic: { canary: 10, stable: 90 } });
    expect(detail.history.map(({ revision, outcome }) => `${revision} ${outcome}`)).to.deep.equal([
      "2 running",
      "1 native",
    ]);
    expect(detail.events.map(({ reason, count }) => `${reason} ${count}`)).to.deep.equal([
      "CanaryStep 1",
      "CanaryFailed 2",
    ]);
    const route = detail.changes.find(({ name }) => name === "httproute/web");
    expect(route?.was).to.include("name: web\n").and.not.include("web-canary");
    expect(route?.is).to.include("name: web-canary");
    expect(detail.commands).to.deep.equal([
      "kubectl serin abort web -n shop",
      "kubectl serin promote web -n shop",
    ]);
    expect(detail.missing).to.deep.equal([]);
  });

  it("lists what has ended, of all namespaces or of one", async () => {
    const { ended } = await running.json<EndedList>("api/ended");
    expect(
      ended.map(({ namespace, name, outcome, images }) => [namespace, name, outcome, ...images]),
    ).to.deep.equal([["lab", "old", "promoted", "web:2"]]);
    expect((await running.json<EndedList>("api/ended?namespace=lab")).ended).to.have.length(1);
    expect((await running.json<EndedList>("api/ended?namespace=shop")).ended).to.deep.equal([]);
  });

  it("follows a rollout to its end", async () => {
    await eventually("the rollout is listed", async () => {
      fly(running.api, { namespace: "shop", name: "late" });
      return names(await running.json<RolloutList>("api/rollouts")).includes("shop/late");
    });
    land(running.api, { namespace: "shop", name: "late" });
    await eventually("it has ended", async () => {
      const { ended } = await running.json<EndedList>("api/ended?namespace=shop");
      const listed = names(await running.json<RolloutList>("api/rollouts"));
      return ended.length === 1 && !listed.includes("shop/late");
    });
  });

  it("serves the page with an ETag, and nothing else of its folder", async () => {
    const page = await running.fetch("");
    expect([page.status, page.headers.get("content-type")]).to.deep.equal([200, "text/html; charset=utf-8"]);
    expect(await page.text()).to.equal(PAGE);
    const etag = page.headers.get("etag") ?? "";
    expect(etag).to.match(/^"[\w-]{27}"$/);
    expect((await running.fetch("", { headers: { "if-none-match": etag } })).status).to.equal(304);
    expect((await running.fetch("app.js")).headers.get("content-type")).to.equal(
      "text/javascript; charset=utf-8",
    );
    for (const path of ["../package.json", "%2e%2e/package.json", "api.ts", "api/", "api/nothing", "%zz"])
      expect((await running.fetch(path)).status, path).to.be.within(400, 404);
  });

  it("answers every path with what protects its readers, and only to GET and HEAD", async () => {
    for (const path of ["", "api/rollouts", "healthz", "nothing"]) {
      const { headers } = await running.fetch(path);
      expect(headers.get("content-security-policy"), path)
        .to.include(
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:",
        )
        .and.include("frame-ancestors 'none'");
      expect([headers.get("x-content-type-options"), headers.get("referrer-policy")]).to.deep.equal([
        "nosniff",
        "no-referrer",
      ]);
      expect(headers.has("x-powered-by")).to.equal(false);
    }
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await running.fetch("api/rollouts", { method });
      expect([answer.status, answer.headers.get("allow")], method).to.deep.equal([405, "GET, HEAD"]);
    }
    for (const path of ["", "api/rollouts", "api/stream"]) {
      const head = await running.fetch(path, { method: "HEAD" });
      expect([head.status, await head.text()], path).to.deep.equal([200, ""]);
    }
  });

  it("says what is wrong with a request", async () => {
    const error = async (path: string) => [
      (await running.fetch(path)).status,
      (await running.json<{ error: string }>(path)).error,
    ];
    expect(await error("api/rollouts/shop/none")).to.deep.equal([
      404,
      "no opted-in Deployment shop/none, or you may not see it",
    ]);
    expect(await error("api/rollouts/shop/plain")).to.include(404);
    expect(await error("api/rollouts/shop/web/charts")).to.deep.equal([
      400,
      "charts need a revision: charts?revision=7",
    ]);
    expect(await error("api/rollouts/shop/web/charts?revision=99")).to.include(404);
    expect(await error("api/rollouts/shop/web/charts?revision=1")).to.include(404);
  });

  it("is a failure of its own, not an empty answer, when the API server is away", async () => {
    running.aheadMs += 1_000;
    running.api.faults.push(({ path }) =>
      path.endsWith("/replicasets") ? { status: 500, message: "etcd is away" } : undefined,
    );
    const answer = await running.fetch("api/rollouts/shop/web");
    running.api.faults.length = 0;
    expect([answer.status, await answer.json()]).to.deep.equal([
      503,
      { error: "the API server does not answer: etcd is away" },
    ]);
    expect((await running.fetch("api/rollouts")).status).to.equal(200);
  });

  it("shows what may be read, and names the rest", async () => {
    running.aheadMs += 1_000;
    running.api.faults.push(({ path }) =>
      path.endsWith("/replicasets") ? { status: 403, message: "replicasets is forbidden" } : undefined,
    );
    const { missing, history } = await running.json<RolloutDetail>("api/rollouts/shop/web");
    running.api.faults.length = 0;
    expect(missing).to.deep.equal(["the versions are not shown: replicasets is forbidden"]);
    expect(history).to.deep.equal([]);
  });
});

describe("the dashboard's server behind a proxy that knows the users", () => {
  const behind = (trusted: string) => ({
    readers: { userHeader: "x-user", groupsHeader: undefined, trusted: [trusted] },
  });
  const fill = (api: Parameters<typeof fly>[0]) => {
    fly(api);
    fly(api, { namespace: "pay", name: "ledger" });
    land(api, { namespace: "pay", name: "old" });
  };
  let running: RunningDashboard;
  before(async () => {
    running = await RunningDashboard.open(fill, behind("127.0.0.0/8"));
    Object.assign(running.rights, { jane: ["shop"], joe: ["pay"], root: [""] });
  });
  after(() => running?.close());

  it("shows each user the namespaces in which the user may get Deployments, on every path", async () => {
    const seen = async (user: string) => {
      const headers = { "x-user": user };
      const ended = await running.json<EndedList>("api/ended", headers);
      const status = async (path: string) => (await running.fetch(path, { headers })).status;
      return {
        list: names(await running.json<RolloutList>("api/rollouts", headers)).toSorted(),
        all: names(await running.json<RolloutList>("api/rollouts?all=true", headers)).toSorted(),
        ended: ended.ended.map(({ name }) => name),
        web: [await status("api/rollouts/shop/web"), await status("api/rollouts/shop/web/charts?revision=2")],
        ledger: [
          await status("api/rollouts/pay/ledger"),
          await status("api/rollouts/pay/ledger/charts?revision=2"),
        ],
      };
    };
    expect(await seen("jane")).to.deep.equal({
      ...{ list: ["shop/web"], all: ["shop/web"], ended: [], web: [200, 200], ledger: [404, 404] },
    });
    expect(await seen("joe")).to.deep.equal({
      ...{
        list: ["pay/ledger"],
        all: ["pay/ledger", "pay/old"],
        ended: ["old"],
        web: [404, 404],
        ledger: [200, 200],
      },
    });
    expect((await seen("root")).list).to.deep.equal(["pay/ledger", "shop/web"]);
    expect((await seen("nobody")).all).to.deep.equal([]);
  });

  it("asks for the name, but not for the page and the probes", async () => {
    expect((await running.fetch("api/rollouts")).status).to.equal(401);
    expect((await running.fetch("api/stream")).status).to.equal(401);
    for (const path of ["", "app.js", "healthz", "readyz"])
      expect((await running.fetch(path)).status, path).to.equal(200);
  });

  it("refuses the header from any other address", async () => {
    const other = await RunningDashboard.open(fill, behind("10.8.0.0/16"));
    const answer = await other.fetch("api/rollouts", { headers: { "x-user": "root" } });
    expect([answer.status, await answer.json()]).to.deep.equal([
      403,
      { error: "this dashboard answers only to its proxy (--trust-proxy-cidr), not to 127.0.0.1" },
    ]);
    await other.close();
  });

  it("answers on a person's own machine under its own name only", async () => {
    const own = await RunningDashboard.open(fill, { hosts: new Set(["127.0.0.1", "localhost"]) });
    expect((await own.fetch("api/rollouts")).status).to.equal(200);
    const port = new URL(own.url).port;
    const { request } = await import("node:http");
    const status = await new Promise((resolve) => {
      request(
        { port, host: "127.0.0.1", path: "/api/rollouts", headers: { host: `evil.example:${port}` } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      ).end();
    });
    expect(status).to.equal(403);
    await own.close();
  });
});
