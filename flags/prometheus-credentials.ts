import { optional } from "./flag.ts";

/** How a program signs in to the Prometheus that `--prometheus` names. */
export const prometheusCredentials = {
  "prometheus-token-file": optional({
    argument: "file",
    about: "A file with a bearer token for that Prometheus. Serin reads it for each request.",
    usualText: "",
  }),
  "prometheus-basic-auth-file": optional({
    argument: "file",
    about:
      "A file with `username:password` for that Prometheus, used without a token file. Serin reads it for each request.",
    usualText: "",
  }),
} as const;
