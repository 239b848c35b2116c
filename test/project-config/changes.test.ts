import { describe, expect, it } from 'vitest';
import { changesMatter } from '../../src/project-config/changes.ts';
import { messagesOf, parse, yml } from './read-config.ts';

const EVERYTHING = { include: ['**'], ignore: [] };
const NO_DOCS = { include: ['**'], ignore: ['docs/**', '**/*.md'] };

describe('changesMatter', () => {
  it('says which file matters', () => {
    expect(changesMatter(['README.md', 'src/rank.ts'], NO_DOCS)).toEqual({
      matter: true,
      reason: 'src/rank.ts matters',
    });
  });

  it.each([
    [['README.md'], 'the changed file is ignored by paths.ignore'],
    [['docs/a/b.ts', 'src/.notes/a.md'], 'all 2 changed files are ignored by paths.ignore'],
    [[], 'no file changed'],
  ])('skips %j', (paths, reason) => {
    expect(changesMatter(paths, NO_DOCS)).toEqual({ matter: false, reason });
  });

  it('skips what is outside of include', () => {
    const paths = { include: ['service/**', 'perf-ci.yml'], ignore: ['**/*.md'] };

    expect(changesMatter(['web/a.ts'], paths).reason).toBe('the changed file is outside paths.include');
    expect(changesMatter(['web/a.ts', 'service/a.md'], paths).reason).toBe(
      'all 2 changed files are outside paths.include or ignored by paths.ignore',
    );
    expect(changesMatter(['perf-ci.yml'], paths).matter).toBe(true);
    expect(changesMatter(['service'], { include: ['service/*'], ignore: [] }).matter).toBe(false);
  });

  it.each(['.github/workflows/ci.yml', '.env', 'a b/ü.ts', 'a/(group)/page.tsx', '-rf', 'a\nb'])(
    'lets %j matter by default',
    (path) => {
      expect(changesMatter([path], EVERYTHING).matter).toBe(true);
    },
  );

  it.each([
    ['*.ts', 'a/b.ts', false],
    ['*.ts', 'b.ts', true],
    ['**/*.ts', 'b.ts', true],
    ['a/**/b.ts', 'a/b.ts', true],
    ['a/?.ts', 'a/b.ts', true],
    ['a/[bc].{ts,js}', 'a/c.js', true],
    ['a/[bc].{ts,js}', 'a/d.js', false],
    ['a.b', 'axb', false],
    ['src/**', 'srcs/a', false],
  ])('reads %s for %s as %s', (glob, path, matter) => {
    expect(changesMatter([path], { include: [glob], ignore: [] }).matter).toBe(matter);
  });

  it('looks at thousands of ignored files and finds the one that matters', () => {
    const changed = Array.from({ length: 5_000 }, (_, index) => `docs/${index}/page.md`);

    expect(changesMatter(changed, NO_DOCS).matter).toBe(false);
    expect(changesMatter([...changed, 'src/a.ts'], NO_DOCS)).toEqual({
      matter: true,
      reason: 'src/a.ts matters',
    });
  });

  it('lets too many files, too long names and slow matching matter', () => {
    const slow = { include: ['**/*a*a/**/*a*b'], ignore: ['**'] };
    const hostile = Array.from({ length: 9_000 }, () => 'a/aa'.repeat(250));

    expect(
      changesMatter(
        Array.from({ length: 10_001 }, () => 'a.md'),
        NO_DOCS,
      ).matter,
    ).toBe(true);
    expect(changesMatter(['a'.repeat(2_000)], { include: [], ignore: [] }).matter).toBe(true);
    expect(changesMatter(hostile, slow).reason).toBe(
      'matching the changed files against paths took too long',
    );
  });

  it('shows no control character of a file name', () => {
    expect(changesMatter(['a\u001b[31m\u202eb'], EVERYTHING).reason).toBe('a\uFFFD[31m\uFFFDb matters');
  });
});

describe('globs', () => {
  it.each([
    '(a+)+',
    '+(a)',
    '!a',
    '/a',
    './a',
    'a/',
    '../a',
    'a//b',
    'a|b',
    'a\\\\b',
    '',
    '**/**/**/a',
    '*a*b*c',
    '*/*/*/*/*',
    '{a,b}{a,b}{a,b}',
    '{a,aa}+b',
    '[a]+b',
    '{a,b',
    'a}',
    '{a,{b,c}}',
    '[a',
    'a{1..30}',
    'x'.repeat(201),
  ])('refuses %s', async (glob) => {
    const messages = await messagesOf(yml({ rest: `paths: { include: ["${glob}"] }\n` }));

    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/^paths\.include\[0\]: expected a glob/);
  });

  it.each([
    '**',
    '**/*.md',
    'src/**/*.test.*',
    '.github/**',
    'a b/ü?.ts',
    'a/[a-z].{ts,js}',
    '{a,b}/{c,d}',
    'perf-ci.yml',
  ])('accepts %s', async (glob) => {
    const parsed = await parse(yml({ rest: `paths: { ignore: ["${glob}"] }\n` }));

    expect(parsed.ok).toBe(true);
  });
});
