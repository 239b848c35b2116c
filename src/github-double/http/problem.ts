const DOCS = 'https://docs.github.com/rest';

/** A refusal in GitHub's form; thrown by routes, turned into the answer by the router. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    message: string,
    more: { errors?: unknown[]; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = more.headers ?? {};
    this.body = {
      message,
      ...(more.errors === undefined ? {} : { errors: more.errors }),
      documentation_url: DOCS,
      status: String(status),
    };
  }
}

export function notFound(): HttpProblem {
  return new HttpProblem(404, 'Not Found');
}

export function badCredentials(): HttpProblem {
  return new HttpProblem(401, 'Bad credentials');
}

export function notAccessible(): HttpProblem {
  return new HttpProblem(403, 'Resource not accessible by integration');
}

/** 422 with one error of the form that resources such as comments use. */
export function invalidField(resource: string, field: string, code: string, message?: string): HttpProblem {
  const error = { resource, code, field, ...(message === undefined ? {} : { message }) };
  return new HttpProblem(422, 'Validation Failed', { errors: [error] });
}

/** 422 of the form that a request outside its schema gets (check runs use it). */
export function invalidRequest(...findings: string[]): HttpProblem {
  return new HttpProblem(422, `Invalid request.\n\n${findings.join('\n')}`);
}
