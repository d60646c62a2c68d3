import type { FieldTable } from "../fields.ts";

/** What becomes of each field of a MetricTemplate. */
export const metricTemplateFields: FieldTable = {
  "spec.query": { fate: "carried", says: "`query` of the template" },
  "spec.provider": {
    fate: "carried",
    says: "`source` of the template: a provider, which an administrator sets up",
  },
  "spec.provider.type": { fate: "carried", says: "`provider` of the provider's Secret" },
  "spec.provider.address": {
    fate: "carried",
    says: "`address` of the provider's Secret, or the controller's `--prometheus`",
  },
  "spec.provider.region": { fate: "carried", says: "`region` of the provider's Secret" },
  "spec.provider.headers": { fate: "carried", says: "`headers` of the provider's Secret" },
  "spec.provider.secretRef": {
    fate: "carried",
    says: "the keys of this Secret belong into the provider's Secret",
  },
  "spec.provider.insecureSkipVerify": {
    fate: "not",
    says: "trust your authority by `ca` of the provider's Secret",
  },
};

/** What becomes of each field of an AlertProvider. */
export const alertProviderFields: FieldTable = {
  spec: { fate: "not", says: "use `serin.dev/notify`: docs/notifications.md" },
};
