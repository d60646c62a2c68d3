import type { FakeApi } from "./api.ts";

/** The kubeconfig file for an API server in memory. */
export function kubeconfigFor({ url, ca, token }: FakeApi): string {
  const authority = Buffer.from(ca).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "fake", cluster: { server: url, "certificate-authority-data": authority } }],
    users: [{ name: "me", user: { token: token || "any" } }],
    contexts: [{ name: "fake", context: { cluster: "fake", user: "me" } }],
    "current-context": "fake",
  });
}
