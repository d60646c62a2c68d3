import * as v from "valibot";
import type { Service } from "../../kube/core/services.ts";
import { COPIED } from "../keys.ts";
import { equal } from "../text/equal.ts";
import { formatRecord, list, readRecord } from "../text/stored-json.ts";

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

const record = v.object({ labels: list(v.string()), annotations: list(v.string()) });

/** The fields of a Service's spec that its canary Service has, too. A field that Serin does not know is one of them. */
export function copiedSpec({ spec }: Service): Service["spec"] {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !ownFields.includes(field)));
}

/** The annotation by which Serin later tells the keys that it copied from those that others added. */
export function formatCopied(labels: Keys, annotations: Keys): string {
  return formatRecord({ labels: Object.keys(labels), annotations: Object.keys(annotations) });
}

/** Whether a canary Service already is as wanted, except for keys that others added. */
export function isCanaryServiceCurrent(canaryService: Service, wanted: Service): boolean {
  const { labels, annotations } = wanted.metadata;
  return (
    hasAll(canaryService.metadata.labels, labels) &&
    hasAll(canaryService.metadata.annotations, annotations) &&
    equal(canaryService.spec.selector, wanted.spec.selector) &&
    equal(canaryService.spec.ports, wanted.spec.ports) &&
    equal(changeable(canaryService), changeable(wanted))
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
      ...nulls(Object.keys(changeable({ metadata, spec }))),
      ...changeable(wanted),
      selector: { ...nulls(Object.keys(spec.selector ?? {})), ...selector },
      ports,
    },
  };
}

function changeable(service: Service): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(copiedSpec(service)).filter(([field]) => !fixedFields.includes(field)),
  );
}

function hasAll(present: Keys = {}, wanted: Keys = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => present[key] === value);
}

function nulls(keys: readonly string[]): Readonly<Record<string, null>> {
  return Object.fromEntries(keys.map((key) => [key, null]));
}
