import { choice, duration, type Flag, optional, repeatable, toggle, url } from "../../flags/flag.ts";

/** The flags of every command: kubectl's own for the connection, and how to print. */
export const everyFlags = {
  namespace: optional({
    short: "n",
    about: "The namespace.",
    usualText: "that of the context",
    complete: "namespaces",
  }),
  context: optional({ about: "The context of the kubeconfig.", usualText: "the current one" }),
  kubeconfig: optional({
    argument: "file",
    about: "The kubeconfig file.",
    usualText: "the files of $KUBECONFIG, else ~/.kube/config, else the pod's service account",
    complete: "files",
  }),
  as: optional({ argument: "user", about: "The user to impersonate.", usualText: "" }),
  "as-group": repeatable({ about: "A group to impersonate. May be repeated." }),
  // Longer than the webhook may take: an undo waits there until no proxy sends the canary a request.
  "request-timeout": duration({ about: "How long one request may take; 0 sets no limit." }, 30_000, "30s"),
  color: choice(
    { argument: "when", about: "Whether to print colours: auto, always or never." },
    ["auto", "always", "never"],
    "auto",
  ),
  ascii: toggle({ about: "Print ASCII characters only, as by itself where the locale is not UTF-8." }),
} as const;

export const allNamespaces = toggle({ short: "A", about: "All namespaces." });

export const selector = optional({
  short: "l",
  argument: "selector",
  about: "The labels of the Deployments, as kubectl takes them.",
  usualText: "",
});

export const watch = toggle({ short: "w", about: "Stay, and print what changes." });

export const noHeaders = toggle({ about: "Print no column names." });

export const dryRun = choice(
  {
    argument: "how",
    about: "With `server`, the API server and Serin's webhook answer, and nothing is stored.",
  },
  ["none", "server"],
  "none",
);

export const patience = (usualMs: number, shown: string) =>
  duration({ about: "How long to wait; 0 sets no limit." }, usualMs, shown);

/** The flag of each command that asks Prometheus. */
export const prometheusUrl: Flag<string | undefined> = {
  ...url({ about: "The base URL of the Prometheus that scrapes the gateways." }, ""),
  usual: undefined,
  usualText: "the controller's, through the API server's proxy",
};

/** A form of output. */
export type Format =
  | { readonly kind: "table" | "wide" | "json" | "yaml" | "name" }
  | { readonly kind: "jsonpath"; readonly template: string };

export const output: Flag<Format> = {
  short: "o",
  argument: "format",
  about: "The form of the output: wide, json, yaml, name or jsonpath=TEMPLATE.",
  usual: { kind: "table" },
  usualText: "a table",
  read: (given) => {
    const [, template] = /^jsonpath=(.+)$/s.exec(given) ?? [];
    if (template !== undefined) return { kind: "jsonpath", template };
    const kind = (["wide", "json", "yaml", "name"] as const).find((one) => one === given);
    return kind && { kind };
  },
  use: "use wide, json, yaml, name or jsonpath=TEMPLATE",
  complete: ["wide", "json", "yaml", "name", "jsonpath="],
};
