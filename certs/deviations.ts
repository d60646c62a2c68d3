import type { WebhookConfiguration } from "./configuration.ts";

/** The webhooks of deploy/webhook.yaml, and what the API server does without an answer of each. */
const WEBHOOKS: Readonly<Record<string, "Fail" | "Ignore">> = {
  "new-version.serin.dev": "Fail",
  "rollout-in-flight.serin.dev": "Fail",
  "plan.serin.dev": "Ignore",
  "service-in-flight.serin.dev": "Fail",
  "route-in-flight.serin.dev": "Fail",
  "ownership.serin.dev": "Ignore",
  "config.serin.dev": "Fail",
};

/**
 * How a configuration differs from deploy/webhook.yaml where no request shows it: without a webhook, or with another failurePolicy,
 * new versions may go out without a canary and without a word.
 */
export function deviationsOf({ webhooks = [] }: WebhookConfiguration): readonly string[] {
  const found = new Map(webhooks.map(({ name, failurePolicy }) => [name, failurePolicy]));
  return Object.entries(WEBHOOKS).flatMap(([name, policy]) => {
    if (!found.has(name)) return [`${name} is missing`];
    const present = found.get(name);
    return present === policy ? [] : [`${name} has failurePolicy ${present}, not ${policy}`];
  });
}
