import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { issueAuthority, issueLeaf } from "../../certs/issue.ts";
import { Busy } from "../../webhook/busy.ts";
import { admissionApp } from "../../webhook/server.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { cluster, describeCluster } from "../cluster/fixture.ts";
import { noLog } from "../support/log.ts";

const TOKEN = "a".repeat(64);
const KIND = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
/** kubectl tries this often. */
const TRIES = 11;

// The webhook's server with a stand-in for the decision, because Serin's own is busy only under a load that tests do not have.
describeCluster("an update for which Serin has no time", function () {
  this.timeout(60_000);
  const namespace = "sent-away";
  let kube: Cluster;
  let server: Server;
  let busyFor: number;
  let asked: number;

  before(async () => {
    kube = await cluster();
    const life = { now: Date.now(), lifeMs: 3_600_000 };
    const authority = await issueAuthority(life);
    const admit = async () => {
      asked += 1;
      if (asked <= busyFor) throw new Busy(1);
      return { allowed: true } as const;
    };
    const kinds = { deployments: { kinds: ["Deployment"], admit } };
    const accepts = async (token: string) => token === TOKEN;
    const app = admissionApp({ kinds, accepts, ready: () => true, log: noLog });
    server = createServer(await issueLeaf(authority, ["localhost"], life), app).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await kube.kubectl(["create", "namespace", namespace]);
    await kube.kubectl(["create", "deployment", "web", "--image=app:v1", "--replicas=0"], { namespace });
    await kube.api.demand("POST", KIND, {
      metadata: { name: namespace },
      webhooks: [
        {
          name: "busy.example.com",
          clientConfig: {
            url: `https://localhost:${port}/admit/${TOKEN}/deployments`,
            caBundle: Buffer.from(authority.cert).toString("base64"),
          },
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
          rules: [
            { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["UPDATE"], resources: ["deployments"] },
          ],
          matchConditions: [{ name: "kubectl", expression: "request.userInfo.username == 'admin'" }],
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
        },
      ],
    });
  });
  after(async () => {
    await kube?.api.request("DELETE", `${KIND}/${namespace}`);
    await kube?.kubectl(["delete", "namespace", namespace, "--wait=false"]);
    server?.close();
    server?.closeAllConnections();
  });
  beforeEach(() => {
    asked = 0;
  });

  for (const command of [
    ["set", "image", "deployment/web", "app=app:v2"],
    ["rollout", "undo", "deployment/web"],
  ]) {
    it(`is repeated by kubectl ${command.slice(0, 2).join(" ")} until there is time`, async () => {
      busyFor = 2;
      const { code, stderr } = await kube.kubectl(command, { namespace });
      expect(code, stderr).to.equal(0);
      expect(asked).to.equal(3);
    });
  }

  it("is refused with the reason in the end", async () => {
    busyFor = TRIES;
    const { code, stderr } = await kube.kubectl(["set", "image", "deployment/web", "app=app:v3"], {
      namespace,
    });
    expect(code).to.equal(1);
    expect(stderr).to.include("serin works on too many other updates; try again");
    expect(asked).to.equal(TRIES);
  });
});
