import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { eventually } from "../../cluster/wait.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import { type Story, together } from "../../stories/together.ts";
import { expectTheirs, HALF, theirs, UNISOLATED_MS } from "../leader/midway.ts";

const REFUSED = "app:v2";

/** Installs another admission after Serin's, which refuses that image in this namespace. */
async function refuse(shop: Shop): Promise<void> {
  const name = `no-v2-${shop.namespace}`;
  const kinds = { apiVersion: "admissionregistration.k8s.io/v1" };
  const resourceRules = [
    { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["UPDATE"], resources: ["deployments"] },
  ];
  const namespaceSelector = { matchLabels: { "kubernetes.io/metadata.name": shop.namespace } };
  const expression = `object.spec.template.spec.containers.all(one, one.image != '${REFUSED}')`;
  const policy = {
    ...kinds,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: { matchConstraints: { resourceRules, namespaceSelector }, validations: [{ expression }] },
  };
  const binding = {
    ...kinds,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"] },
  };
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: [policy, binding] });
  const { code, stderr } = await shop.cluster.kubectl(["apply", "-f", "-"], { input });
  expect(code, stderr).to.equal(0);
  const tryIt = () => shop.kubectl("set", "image", "deployment/web", `app=${REFUSED}`, "--dry-run=server");
  await eventually("the policy in force", async () => (await tryIt()).code !== 0 || undefined);
}

/** Makes an update that Serin admits, so that it isolates the Service, and that the other admission refuses. */
async function refused(shop: Shop) {
  const v1 = await shop.deploy(HALF);
  const was = theirs(shop);
  await refuse(shop);
  const load = shop.load(200);
  const { code, stderr } = await shop.kubectl("set", "image", "deployment/web", `app=${REFUSED}`);
  expect(code).to.not.equal(0);
  expect(stderr).to.include("ValidatingAdmissionPolicy");
  await shop.until("the isolated Service", () => {
    return "pod-template-hash" in (shop.stock.services.get("web")?.spec.selector ?? {});
  });
  return { v1, was, load };
}

const stories: Record<string, Story> = {
  "kubectl rollout restart replaces all pods": async (shop) => {
    const { was, load } = await refused(shop);
    await shop.run("rollout", "restart", "deployment/web");
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await expectTheirs(shop, was);
    await expectNoFailures(load);
  },

  "another version without the opt-in replaces all pods": async (shop) => {
    const { v1, was, load } = await refused(shop);
    const list = JSON.parse(v1.replaceAll('"app:v1"', '"app:v3"'));
    delete list.items[0].metadata.annotations["serin.dev/rollout"];
    await shop.apply(JSON.stringify(list));
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    expect(shop.pods("v3")).to.have.length(5);
    await expectTheirs(shop, was);
    await expectNoFailures(load);
  },

  "Serin restores the Service on its own": async (shop) => {
    const { was, load } = await refused(shop);
    await expectTheirs(shop, was, UNISOLATED_MS);
    await expectNoFailures(load);
  },
};

describeCluster("after an update that another admission refused,", function () {
  this.timeout(240_000);
  together("traefik", stories);
});
