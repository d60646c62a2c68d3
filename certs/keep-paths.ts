import { randomBytes } from "node:crypto";
import type { Kube } from "../kube/client/api.ts";
import { retryOnConflict } from "../kube/client/retry-on-conflict.ts";
import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import { mutatingWebhookConfigurations, secrets } from "../kube/core/resources.ts";
import type { JsonPatchOperation } from "../kube/core/writes.ts";
import { disown } from "../kube/runtime/apply.ts";
import type { Accepted } from "./accepted.ts";
import { tokensIn, type WebhookConfiguration } from "./configuration.ts";
import { type Secret, tokenData, tokensOf } from "./material.ts";
import { admitPath, PLAIN, readPath } from "./paths.ts";
import { hasOldPods } from "./pods.ts";
import { nextTokenDecisionAt, type Token, type TokenLives, tokenInForce, tokensAfter } from "./tokens.ts";

/** The objects that hold the tokens, and the server that accepts them. */
export interface PathOptions {
  readonly kube: Kube;
  readonly namespace: string;
  /** The name of the Secret. */
  readonly name: string;
  /** The name of the MutatingWebhookConfiguration. */
  readonly configuration: string;
  /** The name of the Service by which the API server calls the webhook. */
  readonly service: string;
  readonly accepted: Accepted;
  readonly clock: Clock;
  readonly log: Log;
}

/** More attempts than elsewhere: replicas that start together conflict more often than other writers. */
const ATTEMPTS = 10;

/**
 * Keeps the tokens of the Secret, and the paths of the configuration. Each write fits only the version that was read, and
 * the configuration is read first: a replica that was asleep cannot bring back a token that another one has dropped.
 * Returns when to decide again, in ms since the epoch. Throws the errors of the API.
 */
export async function keepPaths(options: PathOptions, lives: TokenLives): Promise<number> {
  const { kube, namespace, configuration, service, accepted, clock, log } = options;
  const read = () => kube.get<WebhookConfiguration>(mutatingWebhookConfigurations, { name: configuration });
  return retryOnConflict(
    read,
    async (found) => {
      const configured = tokensIn(found);
      const tokens = await ensureTokens(options, configured, lives);
      accepted.store(tokens.map(({ value }) => value));
      const hasOld = await hasOldPods(kube, namespace, service);
      if (hasOld) accepted.settle([PLAIN]);
      const now = clock.now();
      const inForce = hasOld ? undefined : tokenInForce({ tokens, configured, now }, lives.settleMs);
      const patch = pathChanges(found, inForce?.value ?? PLAIN);
      if (patch.length > 0) {
        const where = { name: configuration, fieldManager: "serin" };
        const stored = await kube.jsonPatch<WebhookConfiguration>(
          mutatingWebhookConfigurations,
          where,
          patch,
        );
        log.info({ path: hasOld ? "plain" : "token" }, "webhook path set");
        // The manifest names the path, so a user's next server-side apply would conflict.
        await disown(kube, mutatingWebhookConfigurations, where, stored);
      }
      return nextTokenDecisionAt(tokens, now, lives);
    },
    { attempts: ATTEMPTS },
  );
}

async function ensureTokens(
  { kube, namespace, name, clock }: PathOptions,
  configured: ReadonlySet<string>,
  lives: TokenLives,
): Promise<readonly Token[]> {
  const secret = await kube.get<Secret>(secrets, { namespace, name });
  const state = { tokens: tokensOf(secret), configured, now: clock.now() };
  const tokens = tokensAfter(state, randomBytes(32).toString("hex"), lives);
  const data = tokenData(tokens);
  const isStored = Object.entries(data).every(([key, value]) => secret.data?.[key] === value);
  if (isStored) return tokens;
  const { resourceVersion } = secret.metadata;
  await kube.mergePatch(secrets, { namespace, name }, { metadata: { resourceVersion }, data });
  return tokens;
}

/** The JSON patch, empty if nothing must change. A path that Serin does not serve stays. */
function pathChanges({ metadata, webhooks = [] }: WebhookConfiguration, token: string): JsonPatchOperation[] {
  const changes = webhooks.flatMap(({ clientConfig: { service } }, index): JsonPatchOperation[] => {
    const present = readPath(service?.path);
    if (present === undefined || present.token === token) return [];
    const value = admitPath({ ...present, token });
    return [{ op: "replace", path: `/webhooks/${index}/clientConfig/service/path`, value }];
  });
  const { resourceVersion: value } = metadata;
  return changes.length === 0 ? [] : [{ op: "test", path: "/metadata/resourceVersion", value }, ...changes];
}
