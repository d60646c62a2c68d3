import * as v from "valibot";
import type { Route } from "../../kube/core/routes.ts";
import { isRecord } from "../text/parse.ts";

const object = v.custom<object>(isRecord);
const objects = v.exactOptional(v.array(object));
const text = v.exactOptional(v.string());

const backendRef = v.object({
  group: text,
  kind: text,
  name: v.string(),
  namespace: text,
  port: v.exactOptional(v.number()),
  weight: v.exactOptional(v.number()),
  filters: objects,
});

const fieldMatches = v.exactOptional(v.array(v.object({ name: v.string(), value: v.string(), type: text })));

const match = v.object({
  path: v.exactOptional(v.object({ type: text, value: text })),
  headers: fieldMatches,
  queryParams: fieldMatches,
});

const rule = v.object({
  matches: v.exactOptional(v.array(match)),
  filters: objects,
  backendRefs: v.exactOptional(v.array(backendRef)),
});

const rules = v.exactOptional(v.array(rule));

/**
 * Whether the fields of the rules that Serin reads have the types of the Gateway API's schema. The API server checks the schema
 * of a custom resource only after the webhooks, so a route in a request may contain anything.
 */
export function hasSchemaShape({ spec }: Route): boolean {
  return v.is(v.object({ rules }), spec);
}
