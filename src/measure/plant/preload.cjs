'use strict';
/**
 * Loaded before a Node service (`--require`, so any Node can read it and none has to start its module loader for it): does
 * to each request what PERF_CI_PLANT says. With a plant of nothing it does the same steps by zero.
 */
const { EventEmitter } = require('node:events');
const { Server } = require('node:net');
const { isMainThread } = require('node:worker_threads');

const VARIABLE = 'PERF_CI_PLANT';

const plant = Object.fromEntries(
  (process.env[VARIABLE] ?? '').split(' ').map((field) => {
    const [name, value] = field.split('=');
    return [name, Number(value)];
  }),
);

/** What was done so far, for whoever wants to look. */
const done = { requests: 0, delayed: 0, keptBytes: 0, burntMs: 0 };
globalThis[Symbol.for('perf-ci.plant')] = done;

if (isMainThread && plant.start > 0) {
  // Once for the whole service: what it starts inherits a plant without it.
  process.env[VARIABLE] = process.env[VARIABLE].replace(/ start=\S+/, (field) =>
    field.replaceAll(/\d/g, '0'),
  );
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, plant.start);
}

// mulberry32: a seeded coin needs no more.
let state = plant.seed >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** Between two looks at the clock lies far less; more means that the thread was off its CPU. */
const OFF_CPU_MS = 0.05;

/**
 * Spins for CPU time, which a thread cannot ask for finely enough: process.threadCpuUsage moves in steps of the kernel's
 * tick, as long as the burn. So it is the wall clock without the stretches in which somebody else had the CPU. What a spin is
 * too long is taken off the next one.
 */
let owedMs = 0;
function burn() {
  owedMs += plant.cpu / 1000;
  let lastMs = performance.now();
  let spentMs = 0;
  while (spentMs < owedMs) {
    const nowMs = performance.now();
    if (nowMs - lastMs < OFF_CPU_MS) spentMs += nowMs - lastMs;
    lastMs = nowMs;
  }
  owedMs -= spentMs;
  done.burntMs += spentMs;
}

const kept = [];
function keep() {
  // A flat one-byte string lies on the heap of JavaScript, where most leaks are, with a header of 16 bytes.
  if (plant.keep > 0) kept.push(Buffer.alloc(plant.keep, done.requests % 251).toString('latin1'));
  done.keptBytes += plant.keep;
}

// oxlint-disable-next-line typescript/unbound-method -- it is only ever called with the server as `this`
const emit = EventEmitter.prototype.emit;

/** Every server of Node (http, https, http2, and gRPC by it) is a net.Server and hands out its requests by its emit. */
Server.prototype.emit = function plantedEmit(event, ...details) {
  // A server that listens to streams of HTTP/2 itself has no 'request'; one that has gets both, and one is enough.
  const isRequest = event === 'request' || (event === 'stream' && this.listenerCount('request') === 0);
  if (!isRequest) return emit.call(this, event, ...details);
  done.requests += 1;
  keep();
  burn();
  if (random() >= plant.share) return emit.call(this, event, ...details);
  done.delayed += 1;
  setTimeout(() => emit.call(this, event, ...details), plant.delay);
  return true;
};
