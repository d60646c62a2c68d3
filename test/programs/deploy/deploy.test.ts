import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { groupOf } from "../../../certs/configuration.ts";
import { FLIGHT } from "../../../rollout/keys.ts";
import { equal } from "../../../rollout/text/equal.ts";
import { TRACKER } from "../../../rollout/tracking/decide.ts";
import { holdFields } from "../../../rollout/workload/hold.ts";
import { render } from "./rendered.ts";

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly resources: {
    readonly limits?: Record<string, string>;
    readonly requests?: Record<string, string>;
  };
  readonly securityContext?: Record<string, unknown>;
}

interface Probe {
  /** The name of a port. */
  readonly httpGet: { readonly port: string };
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Webhook {
  readonly name: string;
  readonly clientConfig: {
    readonly service: {
      readonly name: string;
      readonly namespace: string;
      readonly path: string;
      readonly port?: number;
    };
  };
  readonly matchConditions: readonly { readonly expression: string }[];
  readonly namespaceSelector?: { readonly matchExpressions: readonly object[] };
  readonly objectSelector?: object;
  readonly failurePolicy: string;
  readonly sideEffects: string;
  readonly timeoutSeconds: number;
}

const root = join(import.meta.dirname, "../../..");
const namespace = "serin-system";
const FROM_TRACKER = `?fieldManager.orValue("") == "${TRACKER}"`;

describe("deploy", function () {
  this.timeout(120_000);
  let objects: readonly { kind: string; metadata: { name: string; namespace?: string } }[] = [];

  before(() => {
    objects = render(join(root, "deploy"));
  });

  function the<T>(kind: string): T {
    const found = objects.filter((object) => object.kind === kind);
    expect(found, kind).to.have.length(1);
    return found[0] as T;
  }

  interface Deployment {
    metadata: { name: string };
    spec: {
      replicas: number;
      selector: { matchLabels: Record<string, string> };
      strategy: { rollingUpdate: { maxUnavailable: number } };
      template: {
        metadata: { labels: Record<string, string> };
        spec: {
          serviceAccountName: string;
          securityContext: Record<string, unknown>;
          containers: readonly Container[];
        };
      };
    };
  }
  const deployments = () => objects.filter(({ kind }) => kind === "Deployment") as unknown as Deployment[];
  const pods = () => deployments().map(({ spec }) => spec.template);
  const containersOf = (of: Deployment["spec"]["template"][]) => of.flatMap(({ spec }) => spec.containers);
  /** The template of the pods that the Service selects. */
  const webhookPod = () => {
    const { selector } = the<{ spec: { selector: Record<string, string> } }>("Service").spec;
    const selected = pods().filter(({ metadata: { labels } }) =>
      Object.entries(selector).every(([key, value]) => labels[key] === value),
    );
    expect(selected).to.have.length(1);
    return selected[0] as Deployment["spec"]["template"];
  };
  const webhooks = () => the<{ webhooks: readonly Webhook[] }>("MutatingWebhookConfiguration").webhooks;

  it("puts every namespaced object into a namespace that admits only restricted pods", () => {
    const elsewhere = objects.filter((object) => (object.metadata.namespace ?? namespace) !== namespace);
    expect(elsewhere).to.deep.equal([]);
    const labels = the<{ metadata: { labels: Record<string, string> } }>("Namespace").metadata.labels;
    expect(labels["pod-security.kubernetes.io/enforce"]).to.equal("restricted");
  });

  it("runs no container as root, with a capability, or with a writable file system", () => {
    for (const { securityContext } of pods().map(({ spec }) => spec)) {
      // OpenShift chooses the user; elsewhere the image does, by a number, which runAsNonRoot needs.
      expect(securityContext).to.deep.include({ runAsNonRoot: true }).and.not.have.property("runAsUser");
      expect(securityContext.seccompProfile).to.deep.equal({ type: "RuntimeDefault" });
    }
    expect(readFileSync(join(root, "Dockerfile"), "utf8")).to.match(/^USER [1-9]\d*:[1-9]\d*$/m);
    for (const container of containersOf(pods())) {
      expect(container.securityContext, container.name).to.deep.equal({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(container.resources.limits, container.name).to.have.property("memory");
      expect(container.resources.requests, container.name).to.have.keys("cpu", "memory");
    }
  });

  it("starts existing files, with the variables that their arguments name", () => {
    for (const { args, env, image } of containersOf(pods())) {
      expect(existsSync(join(root, args[0] ?? "")), args[0]).to.equal(true);
      const named = args.flatMap((arg) => [...arg.matchAll(/\$\((\w+)\)/g)].map(([, name]) => name));
      expect(env.map(({ name }) => name)).to.include.members(named);
      expect(image).to.match(/:\d+\.\d+\.\d+$/);
    }
  });

  it("probes ports that the same container opens", () => {
    for (const { ports, readinessProbe, livenessProbe } of containersOf(pods())) {
      const open = ports.map(({ name }) => name);
      expect(open).to.include.members([readinessProbe.httpGet.port, livenessProbe.httpGet.port]);
    }
  });

  it("stays available through its own updates and the drain of a node", () => {
    const { minAvailable, selector } = the<{
      spec: { minAvailable: number; selector: { matchLabels: object } };
    }>("PodDisruptionBudget").spec;
    expect(minAvailable).to.be.above(0);
    expect(webhookPod().metadata.labels).to.deep.include(selector.matchLabels);
    for (const { replicas, strategy } of deployments().map(({ spec }) => spec)) {
      expect(replicas).to.be.above(minAvailable);
      expect(strategy.rollingUpdate.maxUnavailable).to.equal(0);
    }
  });

  it("runs the webhook and the controller in separate pods, so that one can fail alone", () => {
    const main = ({ args }: Container) => args[0];
    expect(webhookPod().spec.containers.map(main)).to.deep.equal(["webhook/main.ts"]);
    expect(containersOf(pods()).map(main)).to.deep.equal(["webhook/main.ts", "controller/main.ts"]);
  });

  it("sends every webhook to a port that a container opens", () => {
    const service = the<{
      metadata: { name: string };
      spec: { selector: Record<string, string>; ports: readonly { port: number; targetPort: string }[] };
    }>("Service");
    const open = webhookPod().spec.containers.flatMap(({ ports }) => ports.map(({ name }) => name));
    for (const { clientConfig, name } of webhooks()) {
      expect(clientConfig.service, name).to.deep.include({ name: service.metadata.name, namespace });
      const port = service.spec.ports.find((each) => each.port === (clientConfig.service.port ?? 443));
      expect(open, name).to.include(port?.targetPort);
    }
  });

  it("calls admission in flight for every field that the hold covers", () => {
    const inFlight = "rollout-in-flight.serin.dev";
    const { matchConditions } = webhooks().find(({ name }) => name === inFlight) as Webhook;
    const expressions = matchConditions.map(({ expression }) => expression).join();
    for (const field of Object.keys(holdFields(1))) expect(expressions).to.include(`"${field}"`);
  });

  it("calls admission for a copy that has kept values of the hold alone", () => {
    const { strategy: _strategy, ...values } = holdFields(1);
    const { matchConditions } = webhooks().find(({ name }) => name === "plan.serin.dev") as Webhook;
    for (const [field, value] of Object.entries(values))
      expect(matchConditions[1]?.expression).to.include(`o.spec.?${field}.orValue(0) == ${value}`);
  });

  it("calls webhooks only for objects that are opted in or in flight, and one for Serin's own writes", () => {
    const own = `"${groupOf(namespace)}" in request.userInfo.groups`;
    expect(
      webhooks()
        .filter(({ matchConditions }) => matchConditions[0]?.expression === own)
        .map(({ name }) => name),
    ).to.deep.equal(["ownership.serin.dev"]);
    for (const { clientConfig, matchConditions, name, objectSelector, sideEffects } of webhooks()) {
      if (name === "ownership.serin.dev") continue;
      const [others, concerned] = matchConditions.map(({ expression }) => expression);
      const { path } = clientConfig.service;
      const tracker = /deployments|plan/.test(path) ? ` || request.options.${FROM_TRACKER}` : "";
      expect(others, name).to.equal(`!(${own})${tracker}`);
      expect(concerned, name).to.contain("oldObject");
      if (name !== "config.serin.dev") expect(concerned, name).to.contain("serin.dev/held");
      else expect(objectSelector, name).to.deep.equal({ matchLabels: { "serin.dev/track": "true" } });
      expect(sideEffects, name).to.equal("NoneOnDryRun");
    }
  });

  it("has no condition evaluated for a Deployment at rest that only those in flight concern", () => {
    const marked = { matchExpressions: [{ key: FLIGHT, operator: "Exists" }] };
    const selecting = webhooks().filter(({ objectSelector }) => equal(objectSelector, marked));
    const names = ["rollout-in-flight.serin.dev", "ownership.serin.dev"];
    expect(selecting.map(({ name }) => name)).to.deep.equal(names);
  });

  it("needs no Serin for Deployments and configurations of kube-system and of Serin's own namespace", () => {
    const needed = webhooks().filter(
      ({ clientConfig: { service }, failurePolicy }) =>
        failurePolicy === "Fail" && /deployments|config/.test(service.path),
    );
    expect(needed).to.have.length(3);
    const group = groupOf(namespace);
    for (const { name, matchConditions, namespaceSelector } of needed) {
      expect(namespaceSelector?.matchExpressions, name).to.deep.equal([
        { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["kube-system"] },
      ]);
      expect(
        matchConditions.map(({ expression }) => expression),
        name,
      ).to.include(`"${groupOf("")}" + request.namespace != "${group}"`);
    }
  });

  it("refuses requests while Serin is down only where Serin must not miss them", () => {
    const policies = Object.fromEntries(webhooks().map(({ name, failurePolicy }) => [name, failurePolicy]));
    expect(policies).to.deep.equal({
      "new-version.serin.dev": "Fail",
      "rollout-in-flight.serin.dev": "Fail",
      "plan.serin.dev": "Ignore",
      "service-in-flight.serin.dev": "Fail",
      "route-in-flight.serin.dev": "Fail",
      "ownership.serin.dev": "Ignore",
      "config.serin.dev": "Fail",
    });
  });

  it("grants no wildcard, no Secret except Serin's own, and no right that leads to others", () => {
    const roles = objects.filter(({ kind }) => kind === "ClusterRole" || kind === "Role");
    const rulesOf = (role: object) => (role as { rules: readonly Rule[] }).rules;
    const rules = roles.flatMap(rulesOf);
    const verbs = new Set(rules.flatMap((rule) => rule.verbs));
    expect([...verbs]).to.have.members(["get", "list", "watch", "create", "patch", "delete"]);
    const resources = rules.flatMap((rule) => rule.resources);
    expect(
      resources.filter((name) =>
        /\*|exec|attach|\btoken\b|tokenreview|role|impersonate|finalizers/.test(name),
      ),
    ).to.be.empty;
    const everywhere = roles.filter(({ kind }) => kind === "ClusterRole");
    expect(everywhere.flatMap(rulesOf).flatMap((rule) => rule.resources)).not.to.include("secrets");
    for (const { resources: of, verbs: may, resourceNames } of rules.filter((rule) =>
      rule.resources.includes("secrets"),
    )) {
      expect(of).to.deep.equal(["secrets"]);
      if (!may.every((verb) => verb === "create"))
        expect(resourceNames?.join()).to.be.oneOf(["serin-certificate", "serin-notifications"]);
    }
    const deleting = rules.filter((rule) => rule.verbs.includes("delete")).flatMap((rule) => rule.resources);
    expect(deleting).to.deep.equal(["services"]);
  });

  it("binds each role to the account of one program, which no other pod uses", () => {
    const bindings = objects.filter(({ kind }) => kind.endsWith("RoleBinding")) as unknown as {
      roleRef: { name: string };
      subjects: readonly object[];
    }[];
    const used = pods().map(({ spec }) => spec.serviceAccountName);
    expect(used).to.deep.equal(["serin", "serin-controller"]);
    expect(bindings).to.have.length(4);
    for (const { roleRef, subjects } of bindings) {
      expect(used).to.include(roleRef.name);
      expect(subjects).to.deep.equal([{ kind: "ServiceAccount", name: roleRef.name, namespace }]);
    }
  });

  it("lets only the webhook write its configuration and its Secret, and only the controller the Lease", () => {
    const mayWrite = (resource: string) =>
      objects
        .filter((object): object is typeof object & { rules: Rule[] } => "rules" in object)
        .filter(({ rules }) =>
          rules.some(({ resources, verbs }) => resources.includes(resource) && verbs.includes("patch")),
        )
        .map(({ metadata }) => metadata.name);
    expect(mayWrite("mutatingwebhookconfigurations")).to.deep.equal(["serin"]);
    expect(mayWrite("secrets")).to.deep.equal(["serin"]);
    expect(mayWrite("leases")).to.deep.equal(["serin-controller"]);
    expect(mayWrite("replicasets")).to.deep.equal(["serin-controller"]);
  });
});
