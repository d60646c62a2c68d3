/** One condition of an object's status; times are RFC 3339 strings. */
export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
  observedGeneration?: number;
  lastUpdateTime?: string;
  lastTransitionTime?: string;
}

/** The key of an object: `namespace/name`. */
export function keyOf(object: { metadata: Meta }): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

/** The condition of that type, if the object has one. */
export function conditionOf(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Metadata as the API server sends it, with its unknown fields. Times are RFC 3339 strings. */
export interface Meta {
  name: string;
  namespace?: string;
  generateName?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedField[];
  creationTimestamp?: string;
  deletionTimestamp?: string;
  [unknown: string]: unknown;
}

/** The owner of an object. The garbage collector deletes the object after its owner. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** The UID of the owner whose controller manages this object. An object has at most one such owner. */
export function controllerOf({ metadata }: { metadata: Meta }): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

/** The field manager of some fields, and its operation. */
export interface ManagedField {
  manager?: string;
  operation?: "Apply" | "Update";
  subresource?: string;
  time?: string;
  fieldsV1?: unknown;
  [unknown: string]: unknown;
}

/** Any object of the API, as raw JSON; interfaces of one kind extend it. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: Meta;
  [unknown: string]: unknown;
}

/** The object without its managedFields, which Serin does not read and which are often its longest part. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The object also without labels and annotations, which anybody may make long. */
export function withoutTexts<T extends KubeObject>(object: T): T {
  const { managedFields: _fields, labels: _labels, annotations: _annotations, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The object's resourceVersion as a number; 0 without one. Versions of one resource are ordered. */
export function versionOf({ metadata }: { metadata: Meta }): bigint {
  return BigInt(metadata.resourceVersion ?? 0);
}
