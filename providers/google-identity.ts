import { asking, type RequestContext } from "./request.ts";
import { type AccessToken, keepToken } from "./service-account.ts";

/**
 * Access tokens of the pod's Google service account (GKE, "Workload Identity Federation"), from the metadata server at
 * `host`. One GET needs no library: gcp-metadata adds 16 packages and 13 MiB of memory.
 */
export function googleIdentity(host: string, context: RequestContext) {
  const ask = asking("Google's metadata server", [], context);
  const url = new URL(`http://${host}/computeMetadata/v1/instance/service-accounts/default/token`);
  return keepToken((_now, signal) =>
    ask({ url, headers: { "metadata-flavor": "Google" } }, (text) => JSON.parse(text) as AccessToken, signal),
  );
}
