import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";

/** The root of the repository, which is also the content of Serin's image. */
export const repository = resolve(import.meta.dirname, "../..");

/** The folder with the content of images of earlier versions, each under its tag; test/chaos/webhook/earlier.ts fills it. */
export const earlierImages = join(repository, "node_modules/.cache/serin-images");

/** The content of an image of Serin's: that of an earlier version if there is one with this tag, else the present one. */
export function contentOf(image: string, present: string): string {
  const earlier = join(earlierImages, /[^:]*$/.exec(image)?.[0] || "-");
  return existsSync(earlier) ? earlier : present;
}

/** The programs that setup.sh built or fetched, each with its part of the store. */
const programs = {
  etcd: "control_plane",
  "kube-apiserver": "control_plane",
  "kube-controller-manager": "control_plane",
  "kube-scheduler": "control_plane",
  kubectl: "control_plane",
  kwok: "control_plane",
  prometheus: "prometheus",
  promtool: "promtool",
  traefik: "traefik",
  contour: "contour",
  envoy: "envoy",
} as const;

/** The parts with CustomResourceDefinitions. */
type Defining = "gateway_api" | "contour";

type Program = keyof typeof programs;

/** The programs and definitions of the cluster. */
export interface Tools {
  /** The path of a program. */
  program(name: Program): string;
  /** The YAML files with the definitions of the Gateway API (standard channel), or of Contour. */
  definitions(part: Defining): readonly string[];
}

/** The path of helm. The tests need both versions; throws if setup.sh has not made it. */
export function findHelm(version: 3 | 4): string {
  const program = join(repository, `node_modules/.cache/serin-tools/helm${version}/helm`);
  if (!existsSync(program))
    throw new Error(`helm ${version} is missing: run npm run setup -- helm${version}`);
  return realpathSync(program);
}

/** A controller that only some tests run, and the definitions of its kinds. */
interface Controller {
  readonly program: string;
  readonly definitions: readonly string[];
}

/** Envoy Gateway. Throws if setup.sh has not made it. */
export function findEnvoyGateway(): Controller {
  return findController("envoy_gateway", "envoy-gateway");
}

/** Flagger. Throws if setup.sh has not made it. */
export function findFlagger(): Controller {
  return findController("flagger", "flagger");
}

/** Argo Rollouts. Throws if setup.sh has not made it. */
export function findArgoRollouts(): Controller {
  return findController("argo_rollouts", "rollouts-controller");
}

/** cert-manager. Throws if setup.sh has not made it. */
export function findCertManager(): Controller {
  return findController("cert_manager", "cert_manager");
}

/** The folder with the manifests that Flagger and Argo Rollouts publish. Throws if setup.sh has not made it. */
export function findRivalManifests(): string {
  const link = join(repository, "node_modules/.cache/serin-tools/rival_manifests");
  if (!existsSync(link)) throw new Error("the manifests are missing: run npm run setup -- rival_manifests");
  return realpathSync(link);
}

function findController(name: string, program: string): Controller {
  const link = join(repository, "node_modules/.cache/serin-tools", name);
  if (!existsSync(link)) throw new Error(`${program} is missing: run npm run setup -- ${name}`);
  const part = realpathSync(link);
  const folder = join(part, "definitions");
  return {
    program: join(part, program),
    definitions: readdirSync(folder).map((file) => join(folder, file)),
  };
}

/** The programs of Istio, the chart of istiod, and what its proxy's image has beside them. */
interface Istio {
  readonly discovery: string;
  readonly agent: string;
  readonly bootstrap: string;
  readonly chart: string;
  readonly definitions: readonly string[];
}

/** Istio. Only its own stories need it; throws if setup.sh has not made it. */
export function findIstio(): Istio {
  const link = join(repository, "node_modules/.cache/serin-tools/istio");
  if (!existsSync(link)) throw new Error("Istio is missing: run npm run setup -- istio");
  const part = realpathSync(link);
  return {
    discovery: join(part, "pilot-discovery"),
    agent: join(part, "pilot-agent"),
    bootstrap: join(part, "envoy_bootstrap.json"),
    chart: join(part, "chart"),
    definitions: [join(part, "definitions/crd-all.gen.yaml")],
  };
}

/** umoci, which builds images, and runc, which runs them; throws if setup.sh has not made them. */
export function findContainerTools(): { readonly umoci: string; readonly runc: string } {
  const link = join(repository, "node_modules/.cache/serin-tools/containers");
  if (!existsSync(link)) throw new Error("umoci and runc are missing: run npm run setup -- containers");
  const part = realpathSync(link);
  return { umoci: join(part, "umoci"), runc: join(part, "runc") };
}

/** Finds the programs that setup.sh made. The methods throw if it has not made a part. */
export function findTools(): Tools {
  const placeOf = (part: string) => {
    const link = join(repository, "node_modules/.cache/serin-tools", part);
    if (!existsSync(link)) throw new Error("the cluster's programs are missing: run npm run setup");
    return realpathSync(link);
  };
  return {
    program: (name) => join(placeOf(programs[name]), name),
    definitions: (part) => {
      const folder = join(placeOf(part), "definitions");
      return readdirSync(folder).map((file) => join(folder, file));
    },
  };
}
