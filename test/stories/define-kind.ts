import type { Cluster } from "../cluster/cluster.ts";
import { eventually } from "../cluster/wait.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** A kind of another controller. */
interface ForeignKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

/** Lets the API server take objects of a kind in any form, unless it does already. */
export async function defineKind(
  { api }: Cluster,
  { group, version, kind, plural }: ForeignKind,
): Promise<void> {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const versions = [{ name: version, served: true, storage: true, schema }];
  const spec = { group, scope: "Namespaced", names: { kind, plural }, versions };
  const body = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec,
  };
  const { status } = await api.request("POST", DEFINITIONS, body);
  if (status !== 201 && status !== 409)
    throw new Error(`CustomResourceDefinition ${plural}.${group}: ${status}`);
  await eventually(`${plural} served`, async () => {
    const { status: served } = await api.request("GET", `/apis/${group}/${version}/${plural}`);
    return served === 200 || undefined;
  });
}
