import { describe, expect, it } from 'vitest';
import { checkAgainstDescription } from './openapi-check.ts';

const repo = { owner: 'acme', repo: 'ranking' };

function exchange(operation: string, status: number, body: unknown, sent: unknown = {}) {
  return { operation, request: { params: repo, query: {}, body: sent }, response: { status, body } };
}

describe('holding an exchange against the description of GitHub', () => {
  const reaction = {
    id: 1,
    node_id: 'x',
    user: null,
    content: 'eyes',
    created_at: '2024-01-01T00:00:00Z',
  };
  const operation = 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions';

  it('finds nothing wrong with a good answer', () => {
    expect(checkAgainstDescription(exchange(operation, 200, [reaction]))).toEqual([]);
  });

  it.each([
    {
      title: 'a field of the wrong kind',
      answer: [{ ...reaction, id: 'one' }],
      finding: '/0/id must be integer',
    },
    {
      title: 'a missing field',
      answer: [{ ...reaction, user: undefined }],
      finding: "required property 'user'",
    },
    {
      title: 'a value outside its list',
      answer: [{ ...reaction, content: 'shrug' }],
      finding: 'allowed values',
    },
    { title: 'a time that is none', answer: [{ ...reaction, created_at: 'today' }], finding: 'date-time' },
  ])('finds $title', ({ answer, finding }) => {
    // As it goes over the wire, where undefined is nothing.
    const body: unknown = JSON.parse(JSON.stringify(answer));

    expect(checkAgainstDescription(exchange(operation, 200, body)).join()).toContain(finding);
  });

  it('finds a status that is not described, and an operation that is not there', () => {
    expect(checkAgainstDescription(exchange(operation, 202, []))).toEqual([
      `${operation}: 202 is not described`,
    ]);
    expect(checkAgainstDescription(exchange('GET /nowhere', 200, []))).toHaveLength(1);
  });

  it('finds a request that should not have been let through', () => {
    const operationOfCheck = 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}';
    const annotation = { path: 'a', start_line: 1, end_line: 1, annotation_level: 'notice', message: 'm' };
    const output = { summary: 's', annotations: Array.from({ length: 51 }, () => annotation) };

    const found = checkAgainstDescription(exchange(operationOfCheck, 200, {}, { output }));

    expect(found.join()).toContain('must NOT have more than 50 items');
  });
});
