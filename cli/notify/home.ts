import type { Kube } from "../../kube/client/api.ts";
import { isForbidden } from "../../kube/client/errors.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import { mutatingWebhookConfigurations } from "../../kube/core/resources.ts";

interface Configuration extends KubeObject {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig: { readonly service?: { readonly namespace: string } };
  }[];
}

/** Serin's own namespace: that of the webhook's Service, or the usual one for a reader who may not see it. */
export async function homeOfSerin(kube: Pick<Kube, "list">): Promise<string> {
  const usual = "serin-system";
  try {
    const { items } = await kube.list<Configuration>(mutatingWebhookConfigurations, {});
    const own = items.flatMap(({ webhooks = [] }) =>
      webhooks.filter(({ name }) => name.endsWith(".serin.dev")),
    );
    return own[0]?.clientConfig.service?.namespace ?? usual;
  } catch (error) {
    if (isForbidden(error)) return usual;
    throw error;
  }
}
