import { home, logLevel, optional, port, repeatable, text } from "./flag.ts";

/** The admission webhook. */
export const webhookProgram = {
  command: "node webhook/main.ts",
  about: "Answers the API server's admission requests.",
  flags: {
    host: text({ argument: "address", about: "The address to listen on." }, "0.0.0.0"),
    port: port({ about: "The port to listen on." }, 8443),
    "metrics-port": port({ about: "The port of Serin's own metrics, plain HTTP." }, 8080),
    namespace: home({
      about: "Serin's own namespace, which has its Service and the Secret with its certificate.",
    }),
    service: text({ about: "The Service by which the API server calls the webhook." }, "serin"),
    configuration: text(
      { about: "The MutatingWebhookConfiguration whose caBundle, paths and conditions Serin keeps current." },
      "serin",
    ),
    "certificate-secret": optional({
      about:
        "A Secret in Serin's namespace in which another issuer, such as cert-manager, keeps the serving certificate. " +
        "Serin then issues none, and leaves caBundle to that issuer.",
      usualText: "Serin issues its certificate",
    }),
    "hook-host": repeatable({
      argument: "host",
      about:
        "A host that hooks may call: `tester.test`, `*.test.svc:8080` or `*`. May be repeated. Give the controller the same hosts.",
    }),
    "log-level": logLevel(),
  },
} as const;
