import { ports } from "./addresses.ts";
import { type AppImage, parseImage } from "./image.ts";

/** The parts of a container that decide how its application behaves. */
export interface AppContainer {
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/**
 * How the application of a container behaves. The tutorials deploy podinfo (https://github.com/stefanprodan/podinfo), so that readers can
 * pull it. It listens on port 9898, and with PODINFO_RANDOM_ERROR=true a third of its requests fail, a third of these with 500.
 */
export function behaviourOf({ image, env = [] }: AppContainer): AppImage {
  const app = parseImage(image);
  if (!/(^|\/)podinfo:/.test(image)) return app;
  const fails = env.some(({ name, value }) => name === "PODINFO_RANDOM_ERROR" && value === "true");
  return { ...app, port: ports.podinfo, errorPercent: fails ? 100 / 9 : 0 };
}
