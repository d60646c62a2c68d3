import { once } from "node:events";
import { createServer } from "node:https";
import { text } from "node:stream/consumers";
import { issueAuthority, issueLeaf } from "../certs/issue.ts";
import { addresses } from "../test/cluster/addresses.ts";
import type { Api } from "../test/cluster/api.ts";

/** An AdmissionReview as the API server sent it, byte for byte. */
export type Body = string;

const PORT = 9443;
const LIFE_MS = 3_600_000;
const CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
// The API server follows the configurations by a watch.
const TRIES = 50;

/**
 * Runs a webhook before Serin's that allows everything, while `change` sends a request about a Deployment in
 * `namespace`. Returns the review that the API server sent about that request.
 */
export async function record(
  { api, now }: { readonly api: Api; readonly now: number },
  namespace: string,
  change: () => Promise<unknown>,
): Promise<Body> {
  const authority = await issueAuthority({ now, lifeMs: LIFE_MS });
  const bodies: Body[] = [];
  const server = createServer(
    await issueLeaf(authority, [addresses.host], { now, lifeMs: LIFE_MS }),
    async (request, response) => {
      const body = await text(request);
      bodies.push(body);
      const { apiVersion, kind, request: asked } = JSON.parse(body);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ apiVersion, kind, response: { uid: asked.uid, allowed: true } }));
    },
  );
  server.listen(PORT, addresses.host);
  await once(server, "listening");
  await api.demand("POST", CONFIGURATIONS, configuration(authority.cert, namespace));
  try {
    for (let tries = 0; tries < TRIES && bodies.length === 0; tries++) await change();
  } finally {
    await api.demand("DELETE", `${CONFIGURATIONS}/a-recorder`);
    server.close();
    server.closeAllConnections();
  }
  const [body] = bodies;
  if (body === undefined) throw new Error("the API server sent the recorder no review");
  return body;
}

// The API server calls configurations in the order of their names: this one before Serin's, which changes the object.
function configuration(ca: string, namespace: string): object {
  const rule = {
    apiGroups: ["apps"],
    apiVersions: ["v1"],
    resources: ["deployments"],
    operations: ["UPDATE"],
  };
  const webhook = {
    name: "recorder.bench.serin.dev",
    clientConfig: {
      url: `https://${addresses.host}:${PORT}/`,
      caBundle: Buffer.from(ca).toString("base64"),
    },
    rules: [rule],
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    matchConditions: [{ name: "a-person", expression: '"system:masters" in request.userInfo.groups' }],
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
    failurePolicy: "Ignore",
  };
  return { metadata: { name: "a-recorder" }, webhooks: [webhook] };
}
