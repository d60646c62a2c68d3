import { type AwsEnvironment, awsIdentity } from "./aws-identity.ts";
import { googleIdentity } from "./google-identity.ts";
import type { PodIdentity } from "./identity.ts";
import type { RequestContext } from "./request.ts";

/** The environment variables of the controller's process. */
type Environment = Readonly<Record<string, string | undefined>>;

/** The pod's identity by IRSA or EKS Pod Identity at AWS, and by Workload Identity at Google. */
export function podIdentity(
  environment: Environment,
  context: Omit<RequestContext, "identity">,
): PodIdentity {
  return {
    aws: awsIdentity(awsEnvironmentOf(environment), context.clock),
    google: googleIdentity(environment.GCE_METADATA_HOST || "metadata.google.internal", context),
  };
}

function awsEnvironmentOf(environment: Environment): AwsEnvironment {
  return {
    roleArn: environment.AWS_ROLE_ARN,
    webIdentityTokenFile: environment.AWS_WEB_IDENTITY_TOKEN_FILE,
    stsEndpoint: environment.AWS_ENDPOINT_URL_STS,
    containerUri: environment.AWS_CONTAINER_CREDENTIALS_FULL_URI,
    containerTokenFile: environment.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE,
  };
}
