import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import { repository } from "./tools.ts";

/** What an administrator changes about deploy/ by an overlay. An absent part stays. */
export interface Overlay {
  readonly namespace?: string;
  /** Before the name of every object but the namespace. */
  readonly prefix?: string;
  /** The names of the ServiceAccounts, before the prefix. */
  readonly accounts?: { readonly webhook: string; readonly controller: string };
  /** Folders of deploy/components. */
  readonly components?: readonly string[];
}

/** Writes a kustomization with this overlay of deploy/ into `dir`. */
export function writeOverlay(dir: string, { namespace, prefix, accounts, components = [] }: Overlay): void {
  mkdirSync(dir, { recursive: true });
  const from = (path: string) => join(relative(dir, repository), "deploy", path);
  const rename = (name: string, value: string | undefined) => ({
    target: { kind: "ServiceAccount", name },
    patch: stringify([{ op: "replace", path: "/metadata/name", value }]),
  });
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    ...(namespace && { namespace }),
    ...(prefix && { namePrefix: prefix }),
    resources: [from("")],
    components: components.map((name) => from(`components/${name}`)),
    patches: accounts
      ? [rename("serin-controller", accounts.controller), rename("serin", accounts.webhook)]
      : [],
  };
  writeFileSync(join(dir, "kustomization.yaml"), stringify(kustomization));
}
