import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { echo } from "./echo.ts";
import type { Reaction } from "./image.ts";

/** The gRPC server of one pod. */
export interface CallServer {
  /** Takes over a connection to the pod. */
  accept(socket: Socket): void;
  /** Ends as a careful server does: every stream with OK, then GOAWAY. Cuts the remaining calls after `graceMs`. */
  end(graceMs: number): void;
}

/** The pod behind the server: its identity, and its reaction to each call, which gets the call's authority. */
export interface CallServerOptions {
  readonly identity: () => { readonly version: string; readonly pod: string };
  readonly onCall: (authority: string) => Reaction;
}

const TICK_MS = 200;

/** Makes the server of a pod. A call that the image fails ends with the image's status. */
export function createCallServer({ identity, onCall }: CallServerOptions): CallServer {
  const server = new Server({ "grpc.enable_channelz": 0 });
  const ended = new AbortController();

  const metadata = () => {
    const { version, pod } = identity();
    const sent = new Metadata();
    sent.set("x-version", version);
    sent.set("x-pod", pod);
    return sent;
  };

  // A status without headers before it, as servers send it: Traefik's metrics see the code only in this form.
  const failure = (code: status) => ({ code, details: "as the image says", metadata: metadata() });

  const say = async (call: ServerUnaryCall<string, string>, answer: sendUnaryData<string>) => {
    const reaction = onCall(call.getHost());
    if (reaction.latencyMs > 0) await sleep(reaction.latencyMs);
    if (reaction.grpcStatus !== status.OK) return answer(failure(reaction.grpcStatus));
    call.sendMetadata(metadata());
    answer(null, identity().version);
  };

  const follow = async (call: ServerWritableStream<string, string>) => {
    const reaction = onCall(call.getHost());
    if (reaction.grpcStatus !== status.OK) return void call.emit("error", failure(reaction.grpcStatus));
    call.sendMetadata(metadata());
    while (!call.cancelled && !ended.signal.aborted) {
      call.write(identity().version);
      await sleep(TICK_MS, undefined, { signal: ended.signal }).catch(() => {});
    }
    call.end();
  };

  server.addService(echo, { say, follow });
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    accept: (socket) => injector.injectConnection(socket),
    end(graceMs) {
      ended.abort();
      injector.drain(graceMs);
    },
  };
}
