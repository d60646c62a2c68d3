import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import type { Kube } from "../../../kube/client/api.ts";
import { ApiError, ConnectionError } from "../../../kube/client/errors.ts";
import type { Resource } from "../../../kube/core/resources.ts";
import { policyKinds } from "../../../rollout/preflight/policy-kinds.ts";
import { readPolicies } from "../../../webhook/policies.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

describe("webhook/policies", () => {
  let asked: string[];
  let refuse: (plural: string) => Error | undefined;
  beforeEach(() => {
    asked = [];
    refuse = () => undefined;
  });

  const tls = { metadata: { name: "tls" }, spec: { targetRefs: [{ kind: "Service", name: "web" }] } };
  const kube = {
    async discover() {
      asked.push("discover");
      return new Map([
        ["networking.gke.io", [{ version: "v1", plurals: ["gcpgatewaypolicies"] }]],
        [
          "gateway.networking.k8s.io",
          [
            { version: "v1", plurals: ["httproutes"] },
            { version: "v1alpha3", plurals: ["backendtlspolicies"] },
          ],
        ],
      ]);
    },
    async list(
      { version, plural }: Resource,
      { namespace }: { namespace: string },
      _query: object,
      pick: (it: object) => object,
    ) {
      asked.push(`${version} ${plural} in ${namespace}`);
      const error = refuse(plural);
      if (error !== undefined) throw error;
      return { items: [pick(tls)], resourceVersion: "1" };
    },
  } as unknown as Kube;

  it("lists the kinds by which a caller's mesh treats Services in the Gateways' namespaces, too, each once", async () => {
    const istio = [{ version: "v1", plurals: ["destinationrules"] }];
    const discover = async () => new Map([["networking.istio.io", istio]]);
    await readPolicies({ ...kube, discover } as Kube, { own: ["shop"], callers: ["gateways", "shop"] });
    expect(asked).to.have.members(["v1 destinationrules in shop", "v1 destinationrules in gateways"]);
  });

  it("lists only the kinds that are installed, in the version that is served", async () => {
    const { found, unread } = await readPolicies(kube, { own: ["shop", "edge"], callers: ["gateways"] });
    expect(asked).to.have.members([
      "discover",
      "v1alpha3 backendtlspolicies in shop",
      "v1alpha3 backendtlspolicies in edge",
    ]);
    expect(unread).to.deep.equal([]);
    expect(found).to.deep.equal(
      ["shop", "edge"].map((namespace) => ({
        kind: "BackendTLSPolicy",
        namespace,
        name: "tls",
        targets: [{ kind: "Service", by: "web" }],
      })),
    );
  });

  it("tells of a kind that the API server refuses to list, and passes on a lost connection", async () => {
    refuse = () => new ApiError(403, "Forbidden", "not allowed");
    expect(await readPolicies(kube, { own: ["shop"], callers: [] })).to.deep.equal({
      found: [],
      unread: ["Serin cannot list backendtlspolicies.gateway.networking.k8s.io: not allowed"],
    });
    refuse = () => new ApiError(404, "NotFound", "just removed");
    expect(await readPolicies(kube, { own: ["shop"], callers: [] })).to.deep.equal({ found: [], unread: [] });
    refuse = () => new ConnectionError("no answer");
    const failure = await readPolicies(kube, { own: ["shop"], callers: [] }).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ConnectionError);
  });

  it("tells that the API server refuses to show its kinds, and passes on a lost connection", async () => {
    const read = (error: Error) => {
      const discover = () => Promise.reject(error);
      return readPolicies({ ...kube, discover } as Kube, { own: ["shop"], callers: [] });
    };
    expect(await read(new ApiError(403, "Forbidden", 'cannot get path "/apis"'))).to.deep.equal({
      found: [],
      unread: ['Serin cannot see which kinds the cluster has: cannot get path "/apis"'],
    });
    const failure = await read(new ConnectionError("no answer")).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ConnectionError);
  });

  it("may list every kind that Serin knows, and no more", () => {
    const text = readFileSync(new URL("../../../deploy/rbac.yaml", import.meta.url), "utf8");
    const roles = parseAllDocuments(text).map(
      (document) => document.toJS() as { kind: string; metadata: { name: string }; rules: Rule[] },
    );
    const webhook = roles.find(({ kind, metadata }) => kind === "ClusterRole" && metadata.name === "serin");
    const rights = (webhook?.rules ?? [])
      .filter(({ verbs }) => verbs.join() === "list")
      .flatMap(({ apiGroups, resources }) =>
        apiGroups.flatMap((group) => resources.map((plural) => `${plural}.${group}`)),
      );
    const others = [
      "replicasets.apps",
      "pods.",
      "endpointslices.discovery.k8s.io",
      "ingresses.networking.k8s.io",
      "referencegrants.gateway.networking.k8s.io",
      "horizontalpodautoscalers.autoscaling",
    ];
    expect(rights).to.have.members([
      ...others,
      ...policyKinds.map(({ group, plural }) => `${plural}.${group}`),
    ]);
  });
});
