/** A commented perf-ci.yml to start from; it is valid as it stands. */
export function starterConfig(): string {
  return `# What perf-ci measures on every pull request. The file of the base branch decides, never the pull request's own.
# Every key, its default and its bounds: docs/configuration.md of perf-ci.
version: 1

service:
  directory: . # where build and start run
  build:
    - [npm, ci, --ignore-scripts] # commands are lists of arguments, no shell reads them
  start: [node, server.ts] # stays in the foreground, listens on the port in the variable PORT
  ready:
    path: /healthz # answers 2xx as soon as the service can take load
    timeout: 20s
  # env: { SEED: '1' } # texts only; base and head get the same

paths:
  ignore: ['docs/**', '**/*.md'] # a pull request that changes nothing else is not measured

# answers:
#   ignore_keys: [requestId] # keys of JSON answers that may differ between two correct answers

scenarios:
  - name: everyday
    why: The queries of an ordinary minute.
    requests: # or requests_file: path/to/requests.json, holding {"requests": [...]}
      - { method: GET, path: '/api/items?page=1' }
      - { method: POST, path: /api/search, body: { query: shoes, limit: 20 } }
    budget: 2m # more time sees smaller changes
    gate:
      - { metric: cpu_per_request, threshold: 3 } # percent; an empty list only informs
`;
}
