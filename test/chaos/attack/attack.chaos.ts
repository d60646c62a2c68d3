import { expect } from "chai";
import { accounts, readAudit } from "../../cluster/audit.ts";
import { describeCluster } from "../../cluster/fixture.ts";
import { gateways } from "../../cluster/gateways.ts";
import type { Output } from "../../cluster/kubectl.ts";
import { patchPatiently } from "../../cluster/patch-patiently.ts";
import { measured } from "../../stories/measured.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";
import { forged, jsonList, manyRoutes, role } from "./attack.ts";

/** The most time for a hundred rollouts at once: a machine needs minutes. */
const LONGEST_MS = 200_000;
const QUICK = { "serin.dev/steps": "50", "serin.dev/compare": "off", "serin.dev/checks": "none" };

describeCluster("a tenant with rights in one namespace only", function () {
  this.timeout(180_000);
  let victim: Shop;
  let evil: Shop;
  before(async () => {
    [victim, evil] = await Promise.all([Shop.open("victim"), Shop.open("evil")]);
    await evil.apply(role("mallory", evil.namespace));
    await Promise.all([
      victim.deploy({ interval: "8s", plan: QUICK }),
      evil.deploy({ interval: "4s", plan: QUICK }),
    ]);
  });
  after(() => Promise.all([victim, evil].map((shop) => shop?.close())));

  const mallory = (args: readonly string[], input = "", namespace = evil.namespace): Promise<Output> =>
    evil.cluster.kubectl(["--as=mallory", ...args], { namespace, input });
  const succeed = async (args: readonly string[], input = "") => {
    const { code, stderr } = await mallory(args, input);
    expect(code, stderr).to.equal(0);
  };

  it("cannot change objects of other tenants", async () => {
    for (const what of ["deployment/web", "service/web", "httproute/web"]) {
      const { stderr } = await mallory(["annotate", what, "a=b"], "", victim.namespace);
      expect(stderr).to.match(/forbidden|cannot/i);
    }
  });

  it("reads no metric of other tenants by a metric template", async () => {
    const query = `sum(traefik_service_requests_total{service=~".*${victim.namespace}.*"}) + 7e9`;
    const labels = { "serin.dev/metric-template": "true" };
    const map = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "spy", labels },
      data: { query, interval: "1s" },
    };
    await succeed(["apply", "-f", "-"], JSON.stringify(map));
    await succeed(["annotate", "deployment/web", "--overwrite", "serin.dev/checks=spy <= 1"]);
    await succeed(["set", "image", "deployment/web", "app=app:v2"]);
    const hint = `To read templates from ${evil.namespace}, start the controller with --template-namespace`;
    await evil.until("the hint", () => JSON.stringify(evil.deployment().status).includes(hint));
    const { stdout } = await mallory(["get", "deployment/web", "-o=json"]);
    expect(stdout).to.not.match(/7(\.\d+)?e\+?0?9|70{5}/);
    await succeed(["rollout", "undo", "deployment/web"]);
    await evil.atRest();
    await succeed(["annotate", "deployment/web", "--overwrite", "serin.dev/checks=none"]);
  });

  it("reaches no address by a hook unless an administrator allows it", async () => {
    for (const host of [
      "169.254.169.254",
      "2130706433",
      "0x7f.1",
      "[::ffff:127.0.0.1]",
      "kubernetes.default.svc",
    ]) {
      const hooks = `[{type: event, name: spy, url: "http://${host}/"}]`;
      const { code, stderr } = await mallory([
        "annotate",
        "deployment/web",
        "--overwrite",
        `serin.dev/hooks=${hooks}`,
      ]);
      expect(code, host).to.equal(1);
      expect(stderr, host).to.include("is not allowed: use a host that Serin's administrator allows");
    }
    const { stderr } = await mallory([
      "annotate",
      "deployment/web",
      'serin.dev/hooks=[{name: a, url: "file:///etc/passwd"}]',
    ]);
    expect(stderr).to.include('invalid value "file:///etc/passwd": use an HTTP URL');
  });

  it("cannot make Serin write a route of another tenant by naming it", async () => {
    const before = await victim.manifest("httproutes");
    const naming = [`serin.dev/routes=${victim.namespace}/web`, "serin.dev/services=web"];
    await succeed(["annotate", "deployment/web", "--overwrite", ...naming]);
    await succeed(["set", "image", "deployment/web", "app=app:v3"]);
    await evil.until("the canary's pods", () => evil.pods("v3").length > 0);
    await evil.until(
      "the reason",
      () => evil.condition()?.message?.includes('no route "web" names') ?? false,
    );
    await succeed(["rollout", "undo", "deployment/web"]);
    await evil.atRest();
    expect(await victim.manifest("httproutes")).to.deep.equal(before);
    await succeed(["annotate", "deployment/web", "serin.dev/routes-", "serin.dev/services-"]);
  });

  it("cannot affect the rollout or undo of another tenant by forged marks and records", async () => {
    const before = await victim.manifest("httproutes");
    const uid = victim.deployment().metadata.uid ?? "";
    const set = victim.replicaSet("v1");
    await succeed(
      ["apply", "-f", "-"],
      forged({ uid, victim: victim.namespace, template: set, gateway: gateways.traefik }),
    );
    const load = victim.load(100);
    await victim.run("set", "image", "deployment/web", "app=app:v2");
    await victim.weighs(50);
    await victim.run("rollout", "undo", "deployment/web");
    await victim.atRest();
    await victim.run("set", "image", "deployment/web", "app=app:v4");
    await victim.atRest("web", 60_000);
    await victim.until("promoted", () => victim.pods("v4").length === 5);
    await expectNoFailures(load);
    expect(await victim.manifest("httproutes")).to.deep.equal(before);
    const images = victim.changesOf("deployments").map(({ object }) => JSON.stringify(object.spec.template));
    expect(images.filter((template) => template.includes("evil"))).to.deep.equal([]);
  });

  it("delays no other tenant by ten thousand rules and annotations of a quarter of a megabyte", async function () {
    const dryRun = async () => {
      const from = performance.now();
      await victim.run("set", "image", "deployment/web", "app=app:v9", "--dry-run=server");
      return Math.round(performance.now() - from);
    };
    const quiet = await dryRun();
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${evil.namespace}/httproutes`;
    for (const chunk of manyRoutes(625, 16, victim.namespace))
      await Promise.all(chunk.map((route) => evil.cluster.api.demand("POST", path, route)));
    const bomb = { metadata: { annotations: { "serin.dev/hooks": "[".repeat(250_000) } } };
    const bombs = Array.from({ length: 10 }, () =>
      evil.cluster.request<{ message: string }>(
        "PATCH",
        `/apis/apps/v1/namespaces/${evil.namespace}/deployments/web`,
        bomb,
      ),
    );
    const crowded = await dryRun();
    for (const { status, body } of await Promise.all(bombs)) {
      expect(status).to.equal(403);
      expect(body.message).to.include("serin.dev/hooks: 250000 characters: use at most 4096");
    }
    if (this.test) this.test.title += `: ${quiet} ms before, ${crowded} ms then`;
    expect(crowded).to.be.below(quiet + 3_000);
    await evil.cluster.api.demand("DELETE", path);
  });

  it("delays no other tenant's promotion by a hundred rollouts at once", async function () {
    const many = Array.from({ length: 100 }, (_, i) => `crowd-${i}`);
    await evil.apply(
      jsonList(many.map((name) => evil.manifests({ name, replicas: 1, interval: "4s", plan: QUICK }))),
    );
    await evil.until(
      "a hundred serve",
      () => many.every((name) => evil.pods("v1", name).length === 1),
      90_000,
    );
    const alone = await lasts("v5");
    const image = [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: "app:v6" }];
    const path = `/apis/apps/v1/namespaces/${evil.namespace}/deployments`;
    const { api } = evil.cluster;
    const from = Date.now();
    // Delays among the tenant's own rollouts do not matter.
    const crowd = Promise.all(many.map((name) => patchPatiently(api, `${path}/${name}`, image)));
    const all = crowd.then((answers) => {
      expect(answers.map(({ status }) => status)).to.deep.equal(many.map(() => 200));
      const isPromoted = (name: string) => evil.record("v6", name)?.outcome === "promoted";
      return evil.until("all of them promoted", () => many.every(isPromoted), LONGEST_MS);
    });
    const [crowded, last] = await Promise.all([lasts("v7"), all]);
    const title = `${alone} ms alone, ${crowded} ms among them; the last of them took ${last - from} ms`;
    if (this.test) this.test.title += `: ${title}`;
    // The victim takes turns with all others, whose interval is shorter, and does not wait for their end.
    expect(crowded).to.be.below(last - from + alone / 2);
  }).timeout(2 * LONGEST_MS);

  it("costs no other tenant time by spoiled records and by forged ReplicaSets that change all the time", async function () {
    const uid = victim.deployment().metadata.uid ?? "";
    const own = evil.replicaSet("v1")?.metadata.name ?? "";
    await succeed(["annotate", `replicaset/${own}`, "--overwrite", 'serin.dev/run={"evidence":{}}']);
    const alone = await lasts("v10");
    const path = `/apis/apps/v1/namespaces/${evil.namespace}/replicasets/imitation`;
    const from = Date.now();
    let patches = 0;
    const ending = new AbortController();
    const busy = async () => {
      while (!ending.signal.aborted) {
        const metadata = { labels: { "serin.dev/flight": uid }, annotations: { n: String(patches++) } };
        await evil.cluster.api.demand("PATCH", path, { metadata });
      }
    };
    const writers = Promise.all([busy(), busy()]);
    const crowded = await lasts("v11").finally(() => ending.abort());
    await writers;
    const asked = await readAudit(evil.cluster.auditLog, [accounts.controller]);
    const about = asked.filter(
      ({ objectRef, requestReceivedTimestamp: at }) =>
        objectRef?.namespace === evil.namespace && Date.parse(at) >= from,
    );
    measured(this, `${alone} ms alone, ${crowded} ms beside ${patches} patches`);
    expect(patches).to.be.above(200);
    expect(crowded).to.be.below(alone * 1.25 + 1_000);
    expect(about.length, "requests of the controller in the attacker's namespace").to.be.below(100);
  });

  async function lasts(tag: string): Promise<number> {
    const from = Date.now();
    await victim.run("set", "image", "deployment/web", `app=app:${tag}`);
    return (await victim.atRest("web", LONGEST_MS)) - from;
  }
});
