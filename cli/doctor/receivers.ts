import { isForbidden } from "../../kube/client/errors.ts";
import {
  type NotificationsPlace,
  readNotifications,
  readReceiverNames,
} from "../../notices/read-notifications.ts";
import type { Finding } from "../lint/finding.ts";

/**
 * The receivers of notices as the controller reads them. A reader without the right to the Secret sees whether they are valid
 * but for its keys. Throws as Kube does.
 */
export async function aboutReceivers(place: NotificationsPlace): Promise<readonly Finding[]> {
  const where = "notices";
  const written = await readReceiverNames(place);
  const filled = await readNotifications(place).catch((error: unknown) => {
    if (!isForbidden(error)) throw error;
    return undefined;
  });
  const { receivers, complaints } = filled ?? written;
  if (complaints.length > 0) return complaints.map((says) => ({ kind: "warning", where, says }));
  const names = receivers.map(({ name, type }) => `${name} (${type})`).join(", ");
  const unread = filled === undefined ? "; you may not read the Secret, so its keys are not checked" : "";
  return [{ kind: "good", where, says: names === "" ? "no receivers" : `${names}${unread}` }];
}
