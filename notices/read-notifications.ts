import type { Kube } from "../kube/client/api.ts";
import { ifNotFound } from "../kube/client/errors.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import { configMaps, secrets } from "../kube/core/resources.ts";
import {
  NO_NOTIFICATIONS,
  NOTIFICATIONS,
  type NotifyConfiguration,
  parseNotifications,
  usesSecret,
} from "../rollout/notify/configuration.ts";

interface WithData extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Whose configuration to read, and how. */
export interface NotificationsPlace {
  readonly kube: Pick<Kube, "get">;
  /** Serin's own namespace. */
  readonly namespace: string;
}

/** The receivers with the `$key`s as they are written; without the ConfigMap there are none. Throws as Kube does. */
export async function readReceiverNames({
  kube,
  namespace,
}: NotificationsPlace): Promise<NotifyConfiguration> {
  const data = await dataOf(kube, namespace);
  return data === undefined ? NO_NOTIFICATIONS : parseNotifications(data);
}

/** The receivers, ready to be told. The Secret is read only if a `$key` names it. Throws as Kube does. */
export async function readNotifications(place: NotificationsPlace): Promise<NotifyConfiguration> {
  const data = await dataOf(place.kube, place.namespace);
  if (data === undefined) return NO_NOTIFICATIONS;
  const isNeeded = usesSecret(parseNotifications(data));
  return parseNotifications(data, isNeeded ? await readSecretValues(place) : {});
}

/** The values of the Secret by their keys; none without the Secret. Throws as Kube does. */
export async function readSecretValues({
  kube,
  namespace,
}: NotificationsPlace): Promise<Readonly<Record<string, string>>> {
  const where = { namespace, name: NOTIFICATIONS };
  const secret = await kube.get<WithData>(secrets, where).catch(ifNotFound(undefined));
  const values = Object.entries(secret?.data ?? {}).map(([key, text]) => [
    key,
    Buffer.from(text, "base64").toString("utf8"),
  ]);
  return Object.fromEntries(values);
}

async function dataOf(kube: Pick<Kube, "get">, namespace: string) {
  const where = { namespace, name: NOTIFICATIONS };
  const found = await kube.get<WithData>(configMaps, where).catch(ifNotFound(undefined));
  return found && (found.data ?? {});
}
