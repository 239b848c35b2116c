import { clip } from '../../domain/errors.ts';

const CALL_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 2000;
/** Answers to our few calls are short; more than this is no inspector. */
const MAX_MESSAGE_CHARACTERS = 1_000_000;

const LIST_CHARACTERS = 64 * 1024;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The first part of a body: a list of targets is short, and what listens there may be no inspector. */
async function start(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > LIST_CHARACTERS) break;
  }
  return text;
}

/** One connection to the inspector of a Node process (Chrome DevTools Protocol over a WebSocket). */
export class InspectorSession {
  /** Of loopback, where the inspector listens. */
  readonly port: number;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #closed: Promise<void>;
  readonly #maxCharacters: number;
  #calls = 0;

  private constructor(socket: WebSocket, port: number, maxCharacters: number) {
    this.#socket = socket;
    this.port = port;
    this.#maxCharacters = maxCharacters;
    socket.addEventListener('message', (event) => this.#take(event.data));
    this.#closed = new Promise((resolve) => {
      socket.addEventListener('close', () => {
        for (const waiting of this.#waiting.values())
          waiting.reject(new Error('the inspector closed the connection'));
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /**
   * Connects to the inspector that listens on `port` of loopback.
   * @param maxCharacters longer answers are dropped; profiles need more than figures do
   * @throws Error when there is none of Node there
   */
  static async connect(port: number, maxCharacters = MAX_MESSAGE_CHARACTERS): Promise<InspectorSession> {
    const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
    // What listens there may be no inspector, and must not send us elsewhere.
    const text = await start(
      await fetch(`http://127.0.0.1:${port}/json/list`, { signal, redirect: 'error' }),
    );
    const id = /"id"\s*:\s*"([0-9a-f-]{36})"/.exec(text)?.[1];
    if (id === undefined)
      throw new Error(`expected the inspector of Node on port ${port}, found ${clip(text)}`);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${id}`);
    await new Promise<void>((resolve, reject) => {
      const fail = (): void => {
        socket.close();
        reject(new Error(`no connection to the inspector on port ${port}`));
      };
      signal.addEventListener('abort', fail, { once: true });
      socket.addEventListener('error', fail, { once: true });
      socket.addEventListener(
        'open',
        () => {
          signal.removeEventListener('abort', fail);
          resolve();
        },
        { once: true },
      );
    });
    return new InspectorSession(socket, port, maxCharacters);
  }

  /** Calls a method of the protocol. @throws Error when it fails, or has not answered within 10 s */
  async call(method: string, params: Record<string, unknown> = {}): Promise<unknown> {
    this.#calls += 1;
    const id = this.#calls;
    let deadline: NodeJS.Timeout | undefined;
    try {
      return await new Promise<unknown>((resolve, reject) => {
        deadline = setTimeout(
          () => reject(new Error(`${method} did not answer within ${CALL_TIMEOUT_MS / 1000} s`)),
          CALL_TIMEOUT_MS,
        );
        this.#waiting.set(id, { resolve, reject });
        this.#socket.send(JSON.stringify({ id, method, params }));
      });
    } finally {
      clearTimeout(deadline);
      this.#waiting.delete(id);
    }
  }

  /** The value of an expression in the process, which must be plain JSON. `require` is at hand. @throws Error */
  async evaluate(expression: string): Promise<unknown> {
    const answer = (await this.call('Runtime.evaluate', {
      expression,
      includeCommandLineAPI: true,
      returnByValue: true,
      silent: true,
    })) as {
      result?: { value?: unknown };
      exceptionDetails?: { text?: string; exception?: { description?: string } };
    };
    if (answer.exceptionDetails !== undefined) {
      const { text, exception } = answer.exceptionDetails;
      throw new Error(clip(exception?.description ?? text ?? 'the expression threw', 200));
    }
    return answer.result?.value;
  }

  /** Ends the connection and waits until it is ended. */
  async close(): Promise<void> {
    this.#socket.close();
    let deadline: NodeJS.Timeout | undefined;
    await Promise.race([
      this.#closed,
      new Promise<void>((resolve) => {
        deadline = setTimeout(resolve, CONNECT_TIMEOUT_MS);
      }),
    ]);
    clearTimeout(deadline);
  }

  #take(data: unknown): void {
    if (typeof data !== 'string' || data.length > this.#maxCharacters) return;
    let message: { id?: number; result?: unknown; error?: { message?: string } };
    try {
      message = JSON.parse(data) as typeof message;
    } catch {
      return;
    }
    const waiting = this.#waiting.get(message.id ?? 0);
    if (waiting === undefined) return;
    if (message.error === undefined) waiting.resolve(message.result);
    else waiting.reject(new Error(clip(message.error.message ?? 'the inspector refused', 200)));
  }
}
