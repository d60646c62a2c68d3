/** An AdmissionReview as the API server sends it, by default of an UPDATE of a Deployment. */
export function aReview(request: object): {
  kind: string;
  apiVersion: string;
  request: Record<string, unknown>;
} {
  return {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: "u1",
      kind: { group: "apps", version: "v1", kind: "Deployment" },
      operation: "UPDATE",
      namespace: "shop",
      name: "web",
      ...request,
    },
  };
}
