import { Client, credentials, Metadata, type ServiceError, status as grpcStatus } from '@grpc/grpc-js';

import { type Answer, type LoadClient, MAX_ANSWER_BYTES, timeoutError, type WireRequest } from './client.ts';
import type { GrpcMethod } from './grpc-method.ts';

/** HTTP statuses of gRPC's codes (google/rpc/code.proto, "HTTP Mapping"); one kind of answer serves all clients. */
const HTTP_STATUS: Partial<Record<grpcStatus, number>> = {
  [grpcStatus.CANCELLED]: 499,
  [grpcStatus.INVALID_ARGUMENT]: 400,
  [grpcStatus.DEADLINE_EXCEEDED]: 504,
  [grpcStatus.NOT_FOUND]: 404,
  [grpcStatus.ALREADY_EXISTS]: 409,
  [grpcStatus.PERMISSION_DENIED]: 403,
  [grpcStatus.RESOURCE_EXHAUSTED]: 429,
  [grpcStatus.FAILED_PRECONDITION]: 400,
  [grpcStatus.ABORTED]: 409,
  [grpcStatus.OUT_OF_RANGE]: 400,
  [grpcStatus.UNIMPLEMENTED]: 501,
  [grpcStatus.UNAUTHENTICATED]: 401,
};

/** A message that becomes JSON only when somebody compares it: in the measured phase nobody does. */
class MessageAnswer implements Answer {
  readonly status = 200;
  readonly contentType = 'application/json';
  readonly headers = {};
  readonly bytes: number;
  readonly latencyMs: number;
  readonly #wire: Buffer;
  readonly #method: GrpcMethod;

  constructor(wire: Buffer, method: GrpcMethod, latencyMs: number) {
    this.#wire = wire;
    this.#method = method;
    this.bytes = wire.length;
    this.latencyMs = latencyMs;
  }

  /** JSON; bytes that are no such message stay what they are, and are compared as such. */
  get body(): Buffer {
    try {
      return Buffer.from(this.#method.decode(this.#wire));
    } catch {
      return this.#wire;
    }
  }
}

/** Unary gRPC without TLS to one service on loopback, over one connection. The body of a request is its message. */
export class GrpcClient implements LoadClient {
  readonly #timeoutMs: number;
  readonly #method: GrpcMethod;
  readonly #client: Client;

  constructor(port: number, timeoutMs: number, method: GrpcMethod) {
    this.#timeoutMs = timeoutMs;
    this.#method = method;
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
      // Nothing of the runner's surroundings may come between it and the service.
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      // A retried request would be counted as one.
      'grpc.enable_retries': 0,
      // Clients of one address would share a connection, and so each other's streams and its end.
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  send(request: WireRequest, timeoutMs = this.#timeoutMs): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const startedMs = performance.now();
      const ended = (error: ServiceError | null, wire?: Buffer): void => {
        const latencyMs = performance.now() - startedMs;
        clearTimeout(deadline);
        if (error === null) resolve(new MessageAnswer(wire ?? Buffer.alloc(0), this.#method, latencyMs));
        else if (error.code === grpcStatus.UNAVAILABLE) reject(new Error(error.details));
        else resolve(errorAnswer(error, latencyMs));
      };
      const call = this.#client.makeUnaryRequest(
        request.path,
        (message: Buffer) => message,
        (bytes: Buffer) => bytes,
        request.body ?? Buffer.alloc(0),
        metadataOf(request),
        ended,
      );
      // Our own timer and not gRPC's deadline, which would travel in a header and change what the service does.
      const deadline = setTimeout(() => {
        reject(timeoutError(timeoutMs));
        call.cancel();
      }, timeoutMs);
    });
  }

  close(): void {
    this.#client.close();
  }
}

function metadataOf({ headers }: WireRequest): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

function errorAnswer(error: ServiceError, latencyMs: number): Answer {
  const body = Buffer.from(`gRPC status ${grpcStatus[error.code]}: ${error.details}`);
  const status = HTTP_STATUS[error.code] ?? 500;
  return { status, contentType: 'text/plain', headers: {}, body, bytes: body.length, latencyMs };
}
