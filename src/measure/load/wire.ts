import type { RequestSpec, Scenario } from '../../domain/benchmark.ts';
import type { LoadClient, WireRequest } from './client.ts';
import { GrpcClient } from './grpc-client.ts';
import { loadGrpcMethod } from './grpc-method.ts';
import { Http2Client } from './http2-client.ts';
import { ServiceClient } from './http-client.ts';
import { type Captured, withCaptured } from './placeholders.ts';

/** How the requests of one scenario travel. */
export interface Wire {
  /** What is sent and compared; the messages of a gRPC scenario look like POSTs of JSON. */
  requests: RequestSpec[];
  warmUpRequests: RequestSpec[];
  /** Whether autocannon speaks it: HTTP/1.1, kept alive. */
  isPlainHttp1: boolean;
  /** @param maxConnections of HTTP/1.1; HTTP/2 and gRPC have as many streams on one connection */
  connect(port: number, maxConnections: number): LoadClient;
  encode(spec: RequestSpec, captured: Captured): WireRequest;
}

/**
 * Chooses protocol and encoding of `scenario`.
 * @throws PerfCiError code `grpc-scenario-wrong`
 */
export function wireOf(scenario: Scenario): Wire {
  const { load, grpc } = scenario;
  if (grpc !== undefined) {
    const method = loadGrpcMethod(grpc);
    const requests = grpc.messages.map(({ message, weight }): RequestSpec => ({
      method: 'POST',
      path: method.path,
      headers: {},
      body: JSON.stringify(message),
      ...(weight === undefined ? {} : { weight }),
    }));
    // No set-up request goes with gRPC (src/project-config refuses it), so nothing captured can make a message wrong.
    const encode = (spec: RequestSpec): WireRequest => ({
      ...bare(spec),
      body: method.encode(JSON.parse(spec.body ?? '{}')),
    });
    // A message that cannot be sent is better found before anything is started.
    for (const spec of requests) encode(spec);
    return {
      requests,
      warmUpRequests: requests,
      isPlainHttp1: false,
      connect: (port) => new GrpcClient(port, load.requestTimeoutMs, method),
      encode,
    };
  }
  const keepAlive = load.keepAlive ?? true;
  const isHttp2 = load.protocol === 'http2';
  return {
    requests: scenario.requests,
    warmUpRequests: scenario.warmUpRequests ?? scenario.requests,
    isPlainHttp1: !isHttp2 && keepAlive,
    connect: (port, maxConnections) =>
      isHttp2
        ? new Http2Client(port, load.requestTimeoutMs, keepAlive)
        : new ServiceClient(port, load.requestTimeoutMs, { keepAlive, maxConnections }),
    encode: encodeHttp,
  };
}

/** `spec` as bytes, with what was captured in its place. @throws RangeError as {@link withCaptured} */
export function encodeHttp(spec: RequestSpec, captured: Captured): WireRequest {
  const filled = withCaptured(spec, captured);
  if (filled.bodyBase64 !== undefined)
    return { ...bare(filled), body: Buffer.from(filled.bodyBase64, 'base64') };
  return filled.body === undefined ? bare(filled) : { ...bare(filled), body: Buffer.from(filled.body) };
}

function bare({ method, path, headers, expect }: RequestSpec): WireRequest {
  return { method, path, headers, ...(expect === undefined ? {} : { expect }) };
}
