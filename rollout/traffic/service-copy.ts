import * as v from "valibot";
import type { Service } from "../../kube/core/services.ts";
import { COPIED } from "../keys.ts";
import { equal } from "../text/equal.ts";
import { formatRecord, list, map, readRecord } from "../text/stored-json.ts";

type Keys = Readonly<Record<string, string>>;

/** Fields that a canary Service has of its own, or not at all: addresses and node ports, and what is about them. */
const ownFields: readonly string[] = [
  "selector",
  "ports",
  "type",
  "clusterIP",
  "clusterIPs",
  "externalIPs",
  "externalName",
  "externalTrafficPolicy",
  "healthCheckNodePort",
  "loadBalancerIP",
  "loadBalancerClass",
  "loadBalancerSourceRanges",
  "allocateLoadBalancerNodePorts",
];

/** Fields that count when the canary Service is created: the API server frees addresses only for other rules of change. */
const fixedFields: readonly string[] = ["ipFamilies", "ipFamilyPolicy"];

const record = v.object({
  labels: list(v.string()),
  annotations: list(v.string()),
  /** An earlier version of Serin did not write it. */
  spec: v.optional(map(v.unknown())),
});

/** The fields of a Service's spec that its canary Service has, too. A field that Serin does not know is one of them. */
export function copiedSpec({ spec }: Service): Service["spec"] {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !ownFields.includes(field)));
}

/** The annotation by which Serin later tells what it copied from what others added. */
export function formatCopied(labels: Keys, annotations: Keys, spec: Service["spec"]): string {
  const copied = { labels: Object.keys(labels), annotations: Object.keys(annotations) };
  return formatRecord({ ...copied, spec: { ...changeable(spec), ports: spec.ports } });
}

/**
 * Whether a canary Service already is as wanted, except for what others added. A policy may add fields to whatever Serin
 * writes. If Serin removed them, neither would ever be done, and the rollout would not go on.
 */
export function isCanaryServiceCurrent(canaryService: Service, wanted: Service): boolean {
  const { labels, annotations } = wanted.metadata;
  const { selector, ports } = wanted.spec;
  return (
    hasAll(canaryService.metadata.labels, labels) &&
    hasAll(canaryService.metadata.annotations, annotations) &&
    equal(canaryService.spec.selector, selector) &&
    includes(canaryService.spec, { ...changeable(wanted.spec), ports })
  );
}

/** The merge patch that makes a canary Service as wanted; null removes what only the old one has. */
export function canaryServicePatch({ metadata, spec }: Service, wanted: Service) {
  const copied = readRecord(metadata.annotations, COPIED, record);
  const { selector = {}, ports } = wanted.spec;
  return {
    metadata: {
      labels: { ...nulls(copied?.labels ?? []), ...wanted.metadata.labels },
      annotations: { ...nulls(copied?.annotations ?? []), ...wanted.metadata.annotations },
    },
    spec: {
      ...nulls(Object.keys(changeable(copied?.spec ?? {}))),
      ...changeable(wanted.spec),
      selector: { ...nulls(Object.keys(spec.selector ?? {})), ...selector },
      ports,
    },
  };
}

function changeable(spec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isOurs = (field: string) => !ownFields.includes(field) && !fixedFields.includes(field);
  return Object.fromEntries(Object.entries(spec).filter(([field]) => isOurs(field)));
}

/** Whether a JSON value is the wanted one, or has more fields. */
function includes(present: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null || typeof present !== "object" || present === null)
    return equal(present, wanted);
  if (Array.isArray(wanted))
    return (
      Array.isArray(present) &&
      present.length === wanted.length &&
      wanted.every((item, i) => includes(present[i], item))
    );
  return Object.entries(wanted).every(([key, value]) =>
    includes((present as Readonly<Record<string, unknown>>)[key], value),
  );
}

function hasAll(present: Keys = {}, wanted: Keys = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => present[key] === value);
}

function nulls(keys: readonly string[]): Readonly<Record<string, null>> {
  return Object.fromEntries(keys.map((key) => [key, null]));
}
