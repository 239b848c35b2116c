import { describe, expect, it } from 'vitest';
import { configOf, messagesOf, yml } from './read-config.ts';

describe('C8: addresses in place of a path (url is not a key of version 1)', () => {
  it.each(['http://169.254.169.254/', 'file:///etc', '//evil', 'http://127.0.0.1:5432'])(
    'refuses %s',
    async (url) => {
      const asPath = await messagesOf(yml({ request: `path: "${url}"` }));
      const asUrl = await messagesOf(yml({ request: `path: /, url: "${url}"` }));

      expect(asPath).toEqual([
        `scenarios[0].requests[0].path: expected a path that starts with one slash; found "${url}"  give a path such as /api/items; the host is fixed`,
      ]);
      expect(asUrl[0]).toContain(
        'requests[0].url: unknown key; give a path such as /api/items; the host is fixed',
      );
    },
  );

  it('refuses an address as ready path', async () => {
    const messages = await messagesOf(yml({ service: 'start: [a], ready: { path: "http://a/" }' }));

    expect(messages[0]).toContain(
      'service.ready.path: expected a path that starts with one slash; found "http://a/"',
    );
  });
});

describe('C9: paths', () => {
  it.each([
    ['"/a\\r\\nb"', 'expected a path without control characters; found "/a\uFFFD\uFFFDb"'],
    ['"/a\\0"', 'expected a path without control characters; found "/a\uFFFD"'],
    ['/a/../b', 'expected a path without . and .. segments; found "/a/../b"'],
    ['/a/%2e%2E/b', 'expected a path without . and .. segments; found "/a/%2e%2E/b"'],
    ['/a/./b', 'expected a path without . and .. segments; found "/a/./b"'],
    ['"/a#b"', 'expected a path without \\ and #; found "/a#b"'],
    ['"/a\\\\b"', 'expected a path without \\ and #; found "/a\\b"'],
    ['/100%', 'expected a path in which % is followed by two hex digits; found "/100%"'],
    ['api', 'expected a path that starts with one slash; found "api"'],
  ])('refuses %s', async (written, expected) => {
    const messages = await messagesOf(yml({ request: `path: ${written}` }));

    expect(messages[0]?.startsWith(`scenarios[0].requests[0].path: ${expected}`)).toBe(true);
  });

  it('refuses 9,000 bytes, shown clipped to 80 characters', async () => {
    const messages = await messagesOf(yml({ request: `path: /${'a'.repeat(9_000)}` }));

    expect(messages).toEqual([
      `scenarios[0].requests[0].path: expected a path of at most 8192 bytes; found "/${'a'.repeat(78)}…"`,
    ]);
  });

  it('percent-encodes spaces and non-ASCII characters and leaves what is encoded', async () => {
    const config = await configOf(yml({ request: 'path: "/caf\u00e9 a%20b/\u{1F600}?q=x y&r[]=..\\"<"' }));

    expect(config.scenarios[0]?.requests[0]?.path).toBe(
      '/caf%C3%A9%20a%20b/%F0%9F%98%80?q=x%20y&r[]=..%22%3C',
    );
  });
});

describe('C10: methods', () => {
  it.each(['GE T', 'CONNECT', 'TRACE', ''])('refuses "%s"', async (method) => {
    const messages = await messagesOf(yml({ request: `path: /, method: "${method}"` }));

    expect(messages).toEqual([
      `scenarios[0].requests[0].method: expected one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS; found "${method}"`,
    ]);
  });

  it('accepts get as GET', async () => {
    const config = await configOf(yml({ request: 'path: /, method: get' }));

    expect(config.scenarios[0]?.requests[0]?.method).toBe('GET');
  });
});

describe('C11: headers', () => {
  it.each([
    ['Host: a', 'headers.Host: expected no reserved header; found "Host"  remove it'],
    ['content-length: "5"', 'headers.content-length: expected no reserved header; found "content-length"'],
    ['Transfer-Encoding: chunked', 'headers.Transfer-Encoding: expected no reserved header'],
    [
      'A: "b\\r\\nc"',
      'headers.A: expected a header value without a control character; found "b\uFFFD\uFFFDc"',
    ],
    ['A: "\u00e9"', 'headers.A: expected a header value of ASCII characters; found "\u00e9"'],
    ['"a b": c', 'headers["a b"]: expected a header name such as accept-language; found "a b"'],
    ['A: 1', 'headers.A: expected a text (put numbers and words such as true in quotes); found 1'],
    ['A: b, a: c', 'headers.a: duplicate header "a"  the case of letters'],
  ])('refuses %s', async (written, expected) => {
    const messages = await messagesOf(yml({ request: `path: /, headers: { ${written} }` }));

    expect(messages).toHaveLength(1);
    expect(messages[0]?.startsWith(`scenarios[0].requests[0].${expected}`)).toBe(true);
  });
});

describe('C12: files that a configuration names', () => {
  const rule = 'a regular file inside the repository, <= 1 MiB; found';
  const request = (path: string): string => yml({ request: `path: /, body_file: ${path}` });

  it.each(['../../etc/shadow', '/etc/shadow', 'a/../../b', '.git/config', '"a\\0b"', '""', './', 'a\\b'])(
    'refuses the path %s without reading it',
    async (path) => {
      const messages = await messagesOf(request(path));

      expect(messages).toHaveLength(1);
      expect(messages[0]).toContain(`scenarios[0].requests[0].body_file: expected ${rule}`);
    },
  );

  it.each([
    ['120000', 'a symbolic link'],
    ['040000', 'a directory'],
    ['160000', 'a submodule'],
    ['010644', 'a special file (mode 010644)'],
  ])('refuses mode %s without a word of its content', async (mode, kind) => {
    const messages = await messagesOf(request('a'), { a: { mode, bytes: Buffer.from('/etc/shadow') } });

    expect(messages).toEqual([`scenarios[0].requests[0].body_file: must be ${rule} ${kind}`]);
  });

  it('refuses more than 1 MiB, and a file that is not there', async () => {
    const files = { big: { mode: '100644', bytes: Buffer.alloc(1_048_577, 'a') } };

    const large = await messagesOf(request('big'), files);
    const absent = await messagesOf(request('absent'), files);

    expect(large).toEqual([`scenarios[0].requests[0].body_file: must be ${rule} a larger file`]);
    expect(absent).toEqual([`scenarios[0].requests[0].body_file: must be ${rule} no file "absent"`]);
  });

  it('accepts exactly 1 MiB, and an executable file', async () => {
    const files = { big: { mode: '100755', bytes: Buffer.alloc(1_048_576, 'a') } };

    const config = await configOf(request('./big'), files);

    expect(config.scenarios[0]?.requests[0]?.body).toHaveLength(1_048_576);
  });

  it('refuses a body file that is not UTF-8 text', async () => {
    const messages = await messagesOf(request('a'), {
      a: { mode: '100644', bytes: Buffer.from([0x61, 0xff]) },
    });

    expect(messages[0]).toContain('body_file: expected UTF-8; found the byte 0xFF in line 1');
  });
});
