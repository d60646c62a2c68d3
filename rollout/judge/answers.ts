import { isGrpcFailure, isGrpcRefusal } from "../gateways/metrics/grpc-status.ts";

/** Whether a status, a class of statuses or the name of a gRPC status means that the server failed. */
export function isFailure(code: string): boolean {
  return code.startsWith("5") || isGrpcFailure(code);
}

/** Whether a status, a class of statuses or the name of a gRPC status means that the server refused the request. */
export function isRefusal(code: string): boolean {
  return code.startsWith("4") || isGrpcRefusal(code);
}
