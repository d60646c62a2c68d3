import { isAlreadyExists, isConflict } from "../kube/client/errors.ts";
import { retryOnConflict } from "../kube/client/retry-on-conflict.ts";
import type { Log } from "../kube/core/log.ts";
import { mutatingWebhookConfigurations } from "../kube/core/resources.ts";
import { disown } from "../kube/runtime/apply.ts";
import type { Accepted } from "./accepted.ts";
import {
  changesTo,
  groupOf,
  otherService,
  readConfiguration,
  tokensIn,
  unidentified,
  type Wanted,
  type WebhookConfiguration,
  type WebhookService,
} from "./configuration.ts";
import { keepTokens, type TokenOptions } from "./keep-tokens.ts";
import { PLAIN } from "./paths.ts";
import { hasOldPods } from "./pods.ts";
import { nextTokenDecisionAt, type TokenLives, tokenInForce } from "./tokens.ts";

/** The configuration, the Secret with the tokens, and the server that accepts them. */
export interface ConfigurationOptions extends TokenOptions {
  /** The name of the MutatingWebhookConfiguration. */
  readonly configuration: string;
  /** The name of the Service by which the API server calls the webhook. */
  readonly service: string;
  readonly accepted: Accepted;
  readonly log: Log;
}

/** More attempts than elsewhere: replicas that start together conflict more often than other writers. */
const ATTEMPTS = 10;

/**
 * Keeps in the configuration the bundle that the API server trusts (absent: another issuer does), the token in the paths,
 * and the group by which the conditions recognize Serin; and the tokens of the Secret. Each write fits only the version that was read, and the
 * configuration is read first: a replica that was asleep cannot bring back a token that another one has dropped. Returns
 * when to decide again, in ms since the epoch. Throws the errors of the API, and an error if the configuration calls another
 * installation, or is of a version whose conditions name no group.
 */
export async function keepConfiguration(
  options: ConfigurationOptions,
  caBundle: string | undefined,
  lives: TokenLives,
): Promise<number> {
  const { kube, namespace, configuration, service, accepted, clock } = options;
  let nextAt = 0;
  const stored = await change(options, async (found) => {
    const configured = tokensIn(found);
    const tokens = await keepTokens(options, configured, lives);
    accepted.store(tokens.map(({ value }) => value));
    const hasOld = await hasOldPods(kube, namespace, service);
    if (hasOld) accepted.settle([PLAIN]);
    const now = clock.now();
    nextAt = nextTokenDecisionAt(tokens, now, lives);
    const inForce = hasOld ? undefined : tokenInForce({ tokens, configured, now }, lives.settleMs);
    return { caBundle, token: inForce?.value ?? PLAIN };
  });
  const group = groupOf(namespace);
  const strange = unidentified(stored, group);
  if (strange.length === 0) return nextAt;
  throw new Error(
    `MutatingWebhookConfiguration ${configuration}: no condition of ${strange.join(", ")} names the group ${group}: ` +
      "apply the manifests or the chart of this version again",
  );
}

/** Makes the API server trust the bundle and leaves the paths. Throws as keepConfiguration does. */
export async function keepTrust(options: ConfigurationOptions, caBundle: string): Promise<void> {
  await change(options, async () => ({ caBundle }));
}

/**
 * Throws if the configuration calls another installation: the two would replace each other's authority, and the answers of
 * none would reach the API server for long.
 */
export function expectOwn(found: WebhookConfiguration, own: WebhookService): void {
  const other = otherService(found, own);
  if (other === undefined) return;
  throw new Error(
    `MutatingWebhookConfiguration ${found.metadata.name} calls the Service ${other}, not ${own.namespace}/${own.service}: ` +
      "either another installation of Serin has applied it, or --namespace, --service or --configuration of this program " +
      "is wrong",
  );
}

/** Writes what is wanted of the configuration that was read; returns the stored one. Throws if it calls another installation. */
function change(
  { kube, namespace, service, configuration, log }: ConfigurationOptions,
  want: (found: WebhookConfiguration) => Promise<Omit<Wanted, "group">>,
): Promise<WebhookConfiguration> {
  return retryOnConflict(
    () => readConfiguration(kube, configuration),
    async (found) => {
      expectOwn(found, { namespace, service });
      const wanted = await want(found);
      const patch = changesTo(found, { ...wanted, group: groupOf(namespace) });
      if (patch.length === 0) return found;
      const where = { name: configuration, fieldManager: "serin" };
      const stored = await kube.jsonPatch<WebhookConfiguration>(mutatingWebhookConfigurations, where, patch);
      const path = wanted.token === undefined ? "kept" : wanted.token === PLAIN ? "plain" : "token";
      log.info({ configuration, path }, "webhooks set");
      // The manifest names paths and conditions, so a user's next server-side apply would conflict.
      await disown(kube, mutatingWebhookConfigurations, where, stored);
      return stored;
    },
    // Replicas that start together may create the Secret of the tokens at the same time.
    { attempts: ATTEMPTS, isRetried: (error) => isConflict(error) || isAlreadyExists(error) },
  );
}
