import { optional, seconds } from "./flag.ts";

/** The clean-up command. */
export const cleanupProgram = {
  command: "npm run -s cleanup --",
  about: "Restores every route, Deployment and Service that is in flight, without losing a request.",
  flags: {
    kubeconfig: optional({
      argument: "file",
      about: "The kubeconfig file of the cluster.",
      usualText: "$KUBECONFIG, else ~/.kube/config",
    }),
    "patience-seconds": seconds({ about: "How long each Deployment's pods may take to come back." }, 300),
  },
} as const;
