/** Keys of AWS; temporary ones come with a session token. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * The identity that the cloud gives to the controller's pod. Both functions throw a ProviderError when the cloud gives
 * none. Its endpoints come from the controller's environment: a Secret or a template must not be able to name one.
 */
export interface PodIdentity {
  readonly aws: (region: string) => Promise<AwsCredentials>;
  /** An access token at an instant (ms). */
  readonly google: (now: number, signal?: AbortSignal) => Promise<string>;
}
