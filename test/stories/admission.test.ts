import { expect } from "chai";
import { Agent, request } from "undici";
import { describeCluster } from "../cluster/fixture.ts";
import { Shop } from "./shop.ts";

const plan = { "serin.dev/steps": "20:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };

// Admission answers before any gateway sees a change, so one gateway is enough.
describeCluster("admission", function () {
  this.timeout(120_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("admission");
  });
  afterEach(() => shop.close());

  const deploy = () => shop.deploy({ interval: "2s", plan, replicas: 3 });
  const update = (...args: string[]) => shop.kubectl("set", "image", "deployment/web", "app=app:v2", ...args);

  it("reports every problem of a plan at once", async () => {
    await deploy();
    const wrong = ["rollout=canry", "steps=50, 10", "interval=10", "checks=success >= 99%", "step=10"].map(
      (it) => `serin.dev/${it}`,
    );
    const { code, stderr } = await shop.kubectl("annotate", "deployment/web", "--overwrite", ...wrong);
    expect(code).to.equal(1);
    const [first, ...others] = stderr.trim().split("\n");
    expect([first?.replace(/^.*denied the request: /, ""), ...others]).to.have.members([
      "serin: unknown annotation serin.dev/step; did you mean serin.dev/steps?",
      'serin.dev/rollout: invalid value "canry": use canary, blue-green or ab-test',
      'serin.dev/steps: 10 follows 50: use increasing percentages, such as "0.5, 10:5m, pause, 50"',
      'serin.dev/interval: invalid value "10": use a duration with a unit, such as 90s or 5m',
      'serin.dev/checks: unknown metric "success"; did you mean success-rate?',
    ]);
  });

  it("warns of an opt-in where nothing reads it", async () => {
    const { items } = JSON.parse(shop.manifests({ name: "plain" }));
    const [plain] = items;
    plain.metadata.annotations = {};
    await shop.apply(JSON.stringify(plain));
    const template = { metadata: { annotations: { "serin.dev/rollout": "canary" } } };
    const patch = `--patch=${JSON.stringify({ spec: { template } })}`;
    expect(await shop.run("patch", "deployment/plain", patch, "--dry-run=server")).to.include(
      "nothing reads the annotation serin.dev/rollout of the pod template",
    );
    expect(await shop.run("label", "deployment/plain", "serin.dev/rollout=canary")).to.include(
      "nothing reads the label serin.dev/rollout",
    );
    const scaled = await shop.run("scale", "deployment/plain", "--replicas=1");
    expect(scaled).to.not.include("nothing reads");
  });

  it("refuses every request that is not a valid review of its kind", async () => {
    const post = await connectWebhook(shop);
    const object = { kind: "Deployment", metadata: { name: "web" }, spec: {} };
    const review = (request: object) => {
      const asked = { uid: "1", operation: "CREATE", kind: { kind: "Deployment" }, object, ...request };
      return JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: asked });
    };
    for (const [body, status, error] of [
      ["{", 400, /JSON/],
      ["[]", 400, /^expected a JSON object of kind AdmissionReview/],
      [review({ kind: { kind: "Pod" } }), 400, /^expected request\.kind\.kind Deployment, not Pod$/],
      [review({ object: { ...object, kind: "Pod" } }), 400, /^expected request\.object, a Deployment/],
      [review({ operation: "DELETE" }), 400, /^expected request\.operation CREATE or UPDATE, not DELETE$/],
      [JSON.stringify("x".repeat(10 << 20)), 413, /too large/],
    ] as const) {
      const answer = await post(body);
      expect(answer.status).to.equal(status);
      expect(Object.keys(answer.body)).to.deep.equal(["error"]);
      expect(answer.body.error).to.match(error);
    }
    const { status, body } = await post(review({ operation: "UPDATE", oldObject: object }));
    expect(status).to.equal(200);
    expect(body.response).to.deep.include({ uid: "1", allowed: false });
    expect((await post(review({}))).body.response).to.deep.equal({ uid: "1", allowed: true });
  });

  it("refuses a Service that selects the pods of two Deployments, and names both", async () => {
    const list = JSON.parse(await deploy());
    const other = { ...list.items[0], metadata: { name: "web-jobs", labels: { app: "web" } } };
    other.spec.selector.matchLabels = { app: "web", part: "jobs" };
    other.spec.template.metadata.labels = { app: "web", part: "jobs" };
    await shop.apply(JSON.stringify(other));
    const { code, stderr } = await update();
    expect(code).to.equal(1);
    expect(stderr).to.include("Service web: it also selects the pods of Deployment web-jobs");
    await shop.run("annotate", "service/web", "serin.dev/isolate=false");
    expect((await update()).code, "after the owner said that it is no traffic").to.equal(0);
  });

  it("refuses to replace a user's Service by a canary Service", async () => {
    await deploy();
    await shop.run("create", "service", "clusterip", "web-canary", "--tcp=80");
    const { code, stderr } = await update();
    expect(code).to.equal(1);
    expect(stderr).to.include("Service web-canary: it exists and is not Serin's");
    expect(shop.held()).to.equal(undefined);
  });

  it("a dry run shows the hold and changes nothing", async () => {
    await deploy();
    const versions = () =>
      shop.run(
        "get",
        "deployment/web",
        "service/web",
        "httproute/web",
        "-o=jsonpath={.items[*].metadata.resourceVersion}",
      );
    const before = await versions();
    const { stdout, stderr } = await update("--dry-run=server", "--output=json");
    expect(stderr).to.include("canary 20 %");
    expect(JSON.parse(stdout).spec).to.deep.include({
      minReadySeconds: 2147483645,
      revisionHistoryLimit: 2147483646,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "20%", maxUnavailable: 0 } },
    });
    expect(await versions()).to.equal(before);
  });

  it("warns of a restart whose pods pull what the image's tag means now", async () => {
    await shop.deploy({ interval: "2s", plan, replicas: 3, image: "app:latest" });
    const { code, stderr } = await shop.kubectl("rollout", "restart", "deployment/web");
    expect(code, stderr).to.equal(0);
    expect(stderr).to.match(/serin: this restart is native and has no canary, but .* new code: app:latest/);
    expect(shop.held()).to.equal(undefined);
  });

  it("warns of the third version in a row that is superseded before a verdict", async () => {
    await deploy();
    const warnings: string[] = [];
    for (const tag of ["v2", "v3", "v4", "v5"]) {
      const { code, stderr } = await shop.kubectl("set", "image", "deployment/web", `app=app:${tag}`);
      expect(code, stderr).to.equal(0);
      warnings.push(stderr);
      await shop.until(`the record of ${tag}`, () => shop.record(tag)?.outcome === "running");
    }
    const row = "3 versions in a row were superseded before a verdict, so none of them was promoted";
    expect(warnings.map((warning) => warning.includes(row))).to.deep.equal([false, false, false, true]);
    await shop.until("told in the record", () => shop.record("v5")?.message.includes(row));
  });

  it("refuses to remove the opt-in in flight", async () => {
    await deploy();
    await update();
    await shop.weighs(20);
    const { code, stderr } = await shop.kubectl("annotate", "deployment/web", "serin.dev/rollout-");
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /serin\.dev\/rollout cannot go while a rollout is in flight: promote it .* or undo it/,
    );
    await shop.promote();
    await shop.run("annotate", "deployment/web", "serin.dev/rollout-");
  });

  for (const [why, spec] of [
    ["strategy Recreate", { strategy: { type: "Recreate", rollingUpdate: null } }],
    ["replicas is 0", { replicas: 0 }],
    [
      "maxSurge is 0: no pod may run beside the wanted 1",
      { replicas: 1, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } },
    ],
  ] as const) {
    it(`leaves the rollout to native control and warns: ${why}`, async () => {
      await deploy();
      await shop.run("patch", "deployment/web", "--patch", JSON.stringify({ spec }));
      await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
      const { stderr } = await update();
      expect(stderr).to.include(`serin: native rolling update, no canary: ${why}`);
      await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
      expect(shop.held()).to.equal(undefined);
    });
  }

  it("a Deployment deleted in flight leaves all objects as their owner wrote them, and can be created again", async () => {
    const manifests = await deploy();
    const objects = () => Promise.all([shop.manifest("services"), shop.manifest("httproutes")]);
    const before = await objects();
    await update();
    await shop.weighs(20);
    await shop.run("delete", "deployment/web");
    await shop.until("the canary Service gone", () => !shop.stock.services.has("web-canary"));
    for (const kind of ["services", "httproutes"] as const)
      await shop.until(
        `the ${kind} restored`,
        () => !("serin.dev/held" in (shop.stock[kind].get("web")?.metadata.annotations ?? {})),
      );
    expect(await objects()).to.deep.equal(before);

    await shop.apply(manifests);
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await shop.serves(shop.host());
    await update();
    await shop.weighs(20);
    await shop.promote();
    expect(shop.pods("v2")).to.have.length(3);
  });

  it("without a route the canary gets its share by its pods", async () => {
    const list = JSON.parse(
      shop.manifests({ interval: "2s", plan: { ...plan, "serin.dev/steps": "20:2s" } }),
    );
    await shop.apply(JSON.stringify({ ...list, items: list.items.slice(0, 2) }));
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    const service = await shop.manifest("services");
    await update();
    await shop.until("both in the Service", () => shop.condition()?.reason === "Progressing");
    expect(shop.stock.services.get("web")?.spec.selector).to.deep.equal({ app: "web" });
    expect([shop.pods("v1").length, shop.pods("v2").length]).to.deep.equal([5, 1]);
    expect(shop.condition()?.message).to.include("canary has 1 of 6 pods");
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await shop.atRest();
    expect(await shop.manifest("services")).to.deep.equal(service);
  });
});

/** Posts to a webhook pod as the API server does: at an address of the Service, with the configuration's authority and path. */
async function connectWebhook(shop: Shop) {
  const read = async (...args: string[]) => (await shop.cluster.kubectl(args)).stdout;
  const address = await read(
    "get",
    "endpointslices",
    "-n=serin-system",
    "-o=jsonpath={.items[0].endpoints[0].addresses[0]}",
  );
  const bundle = await read(
    "get",
    "mutatingwebhookconfiguration/serin",
    "-o=jsonpath={.webhooks[0].clientConfig.caBundle}",
  );
  const ca = Buffer.from(bundle, "base64").toString();
  const path = await read(
    "get",
    "mutatingwebhookconfiguration/serin",
    "-o=jsonpath={.webhooks[0].clientConfig.service.path}",
  );
  const dispatcher = new Agent({ connect: { ca, servername: "serin.serin-system.svc" } });
  return async (body: string) => {
    const headers = { "content-type": "application/json" };
    const url = `https://${address}:8443${path}`;
    const answer = await request(url, { dispatcher, method: "POST", headers, body });
    return { status: answer.statusCode, body: (await answer.body.json()) as Record<string, unknown> };
  };
}
