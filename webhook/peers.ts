import { groupOf } from "../certs/configuration.ts";
import { TRACKER } from "../rollout/tracking/decide.ts";
import type { Admit } from "./server.ts";

/**
 * Lets the writes of another installation of Serin pass, as the conditions of the webhook do with its own: each of the two
 * would take the other's weights for a person's and put them back, and an undo would drain no route. The API server vouches
 * for the groups, and an administrator for the namespaces, whose configurations only he may write. `peers` are the
 * namespaces of the others.
 */
export function exceptPeers<T>(peers: () => ReadonlySet<string>, admit: Admit<T>): Admit<T> {
  return async (request) => {
    const { userInfo: { groups = [] } = {}, options } = request;
    const isPeer = [...peers()].some((namespace) => groups.includes(groupOf(namespace)));
    // A template that Serin changes for a changed ConfigMap is a new version, as it is if this installation does so.
    return isPeer && options?.fieldManager !== TRACKER ? { allowed: true } : admit(request);
  };
}
