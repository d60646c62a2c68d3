import { basename, join } from "node:path";
import { expect } from "chai";
import { messageOf } from "../../../kube/core/error-message.ts";
import type { KubeObject } from "../../../kube/core/meta.ts";
import type { Conversion, SourceObject } from "../../../migrate/conversion.ts";
import { convert } from "../../../migrate/convert.ts";
import { describeCluster } from "../../cluster/fixture.ts";
import { findRivalManifests } from "../../cluster/tools.ts";
import { allowHooks } from "../../stories/hook-server.ts";
import { Shop } from "../../stories/shop.ts";
import { objectsIn, publishedIn, templatesAmong } from "./published.ts";

const PATHS: Readonly<Record<string, string>> = {
  ConfigMap: "/api/v1/namespaces/NAMESPACE/configmaps",
  Deployment: "/apis/apps/v1/namespaces/NAMESPACE/deployments",
  HTTPRoute: "/apis/gateway.networking.k8s.io/v1/namespaces/NAMESPACE/httproutes",
  Service: "/api/v1/namespaces/NAMESPACE/services",
};
/** Manifests that Argo Rollouts publishes as wrong ones, and forms with gaps: convert or the API server refuses them. */
const UNFIT = [
  "invalid-multiple-docs.yml",
  "invalid.yml",
  "malformed-rollout-ephemeral.yaml",
  "malformed-rollout.yaml",
  "nginx-template.yaml",
  "template-rollout.yaml",
];
const DRY = "dryRun=All&fieldValidation=Strict";

// The answers come from the API server, so one gateway is enough.
describeCluster("the manifests that rivals publish", function () {
  this.timeout(300_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("published");
    // The administrator's part of a conversion that has hooks.
    await allowHooks(shop.cluster, "*");
  });
  after(() => shop?.close());

  for (const [rival, least, unfit] of [
    ["flagger", 70, []],
    ["argo_rollouts", 90, UNFIT],
  ] as const) {
    it(`become objects that the API server and Serin's webhook take: ${rival}`, async () => {
      const texts = publishedIn(join(findRivalManifests(), rival));
      const templates = templatesAmong(texts.flatMap((one) => objectsIn(one, shop.namespace)));
      const refused = new Map<string, readonly string[]>();
      let taken = 0;
      for (const one of texts) {
        const conversions = convertText(objectsIn(one, shop.namespace), templates);
        if (typeof conversions === "string") refused.set(basename(one.where), [conversions]);
        else
          for (const conversion of conversions) {
            const complaints = await complaintsAbout(conversion);
            if (complaints.length > 0) refused.set(basename(one.where), complaints);
            else if (conversion.files.some(({ objects }) => objects.length > 0)) taken += 1;
          }
      }
      const said = [...refused].map(([where, complaints]) => `${where}: ${complaints.join("\n")}`);
      expect([...refused.keys()], said.join("\n")).to.have.members(unfit);
      expect(taken, "conversions that were taken").to.be.at.least(least);
    });
  }

  /** What the API server says against the objects of a conversion. */
  async function complaintsAbout({ files, name }: Conversion): Promise<readonly string[]> {
    const complaints: string[] = [];
    for (const { name: file, objects } of files)
      for (const object of objects) {
        const patches = file === "deployment-patch.yaml";
        if (patches) await ensureDeployment(name);
        const said = patches ? await patch(object) : await apply(object);
        if (said !== undefined) complaints.push(`${file}: ${said}`);
      }
    return complaints;
  }

  /** A Deployment without pods for the annotations. */
  async function ensureDeployment(name: string): Promise<void> {
    const labels = { app: name };
    const template = { metadata: { labels }, spec: { containers: [{ name: "app", image: "app:v1" }] } };
    await shop.cluster.api.request("POST", placeFor({ kind: "Deployment" }), {
      metadata: { name },
      spec: { replicas: 0, selector: { matchLabels: labels }, template },
    });
  }

  const patch = (object: KubeObject) => send(object, `${DRY}`, "application/strategic-merge-patch+json");
  const apply = (object: KubeObject) =>
    send(object, `${DRY}&fieldManager=convert&force=true`, "application/apply-patch+yaml");

  async function send(object: KubeObject, query: string, type: string): Promise<string | undefined> {
    const path = `${placeFor(object)}/${object.metadata.name}?${query}`;
    const { status, body } = await shop.cluster.api.request<{ message?: string }>(
      "PATCH",
      path,
      object,
      type,
    );
    return status < 300 ? undefined : `${object.kind} ${object.metadata.name}: ${body.message}`;
  }

  function placeFor({ kind = "", metadata }: Partial<KubeObject>): string {
    return (PATHS[kind] ?? kind).replace("NAMESPACE", metadata?.namespace ?? shop.namespace);
  }
});

/** The conversions, or why convert refuses the text. The templates of the text itself come first. */
function convertText(
  objects: readonly SourceObject[],
  templates: readonly SourceObject[],
): readonly Conversion[] | string {
  try {
    return convert([...objects, ...templates], { sameVerdicts: false });
  } catch (error) {
    return messageOf(error);
  }
}
