import type { Clock } from "../kube/core/clock.ts";
import { messageOf } from "../kube/core/error-message.ts";
import type { AwsCredentials } from "./identity.ts";
import { ProviderError } from "./provider.ts";

/** The environment variables that EKS gives to a pod with an identity. */
export interface AwsEnvironment {
  /** IRSA: the role, and the file with the pod's web identity token. */
  readonly roleArn: string | undefined;
  readonly webIdentityTokenFile: string | undefined;
  /** Another STS than the region's own. */
  readonly stsEndpoint: string | undefined;
  /** EKS Pod Identity: the agent's URL, and the file with the token for it. */
  readonly containerUri: string | undefined;
  readonly containerTokenFile: string | undefined;
}

interface Temporary extends AwsCredentials {
  readonly expiration?: Date;
}

/** Credentials are renewed this long (ms) before they expire. */
const MARGIN_MS = 5 * 60_000;
const TIMEOUT_MS = 5_000;

/**
 * The credentials of the pod's role, kept until shortly before they expire. Rejects with a ProviderError when AWS gives
 * none. The SDK is loaded at the first call: it costs some 20 MiB of memory.
 */
export function awsIdentity(environment: AwsEnvironment, clock: Pick<Clock, "now">) {
  const kept = new Map<string, Temporary>();
  return async (region: string): Promise<AwsCredentials> => {
    const known = kept.get(region);
    if (known?.expiration && clock.now() < known.expiration.getTime() - MARGIN_MS) return known;
    const fresh = await credentialsOf(environment, region);
    kept.set(region, fresh);
    return fresh;
  };
}

async function credentialsOf(environment: AwsEnvironment, region: string): Promise<Temporary> {
  const { roleArn, webIdentityTokenFile, containerUri } = environment;
  try {
    if (roleArn && webIdentityTokenFile) return await byWebIdentity(environment, region);
    if (containerUri) return await byContainer(environment);
  } catch (cause) {
    throw new ProviderError(
      `AWS gives the pod no credentials: ${messageOf(cause).replace(/\s+/g, " ").slice(0, 200)}`,
      { cause },
    );
  }
  throw new ProviderError(
    "the controller's pod has no AWS identity: bind its ServiceAccount to a role (IRSA or EKS Pod Identity)",
  );
}

/** IRSA: STS, AssumeRoleWithWebIdentity. The token file is read each time: the kubelet renews it. */
async function byWebIdentity(environment: AwsEnvironment, region: string): Promise<Temporary> {
  const { roleArn, webIdentityTokenFile, stsEndpoint } = environment;
  const { fromTokenFile } = await import("@aws-sdk/credential-provider-web-identity");
  return fromTokenFile({
    ...(roleArn && { roleArn }),
    ...(webIdentityTokenFile && { webIdentityTokenFile }),
    roleSessionName: "serin",
    clientConfig: {
      region,
      maxAttempts: 2,
      requestHandler: {
        requestTimeout: TIMEOUT_MS,
        connectionTimeout: TIMEOUT_MS,
        throwOnRequestTimeout: true,
      },
      ...(stsEndpoint && { endpoint: stsEndpoint }),
    },
  })();
}

/** EKS Pod Identity: the agent on the node. The SDK accepts its link-local addresses, loopback and https only. */
async function byContainer({ containerUri, containerTokenFile }: AwsEnvironment): Promise<Temporary> {
  const { fromHttp } = await import("@aws-sdk/credential-provider-http");
  return fromHttp({
    ...(containerUri && { awsContainerCredentialsFullUri: containerUri }),
    ...(containerTokenFile && { awsContainerAuthorizationTokenFile: containerTokenFile }),
    timeout: 1_000,
    maxRetries: 1,
  })();
}
