import { expect } from "chai";
import type { KubeObject } from "../../kube/core/meta.ts";
import type { Shop } from "./shop.ts";

/**
 * Expects that no Deployment was marked for a changed content since an instant. Admission marks them before the content is
 * stored, so a mark would come before a later change of a Deployment in the record of all changes.
 */
export async function expectUnmarked(shop: Shop, since: number): Promise<void> {
  const now = String(Date.now());
  await shop.run("annotate", "deployment/web", `example.com/seen=${now}`, "--overwrite");
  await shop.until("the later change", () => {
    const { annotations = {} } = shop.deployment().metadata;
    return annotations["example.com/seen"] === now;
  });
  const isMarked = ({ metadata }: KubeObject) => "serin.dev/changed" in (metadata.annotations ?? {});
  const marked = shop.changesOf("deployments", since).filter(({ object }) => isMarked(object));
  expect(marked).to.deep.equal([]);
}
