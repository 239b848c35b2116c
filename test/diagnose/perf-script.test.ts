import { describe, expect, it } from 'vitest';

import { selfTimes, totalUs } from '../../src/diagnose/call-tree.ts';
import { treeOfPerfScript } from '../../src/diagnose/perf-script.ts';

// As perf 6.1 prints it, with C++ and hostile symbols in between.
const TEXT = `  2606     200040 
	ffffffff813a2413 finish_task_switch.isra.0 ([kernel.kallsyms])
	          10a6f0 accept (/usr/lib/x86_64-linux-gnu/libc.so.6)

  2606     200040 
	            1228 work (/t/s1/bin/srv)
	            1346 main (/t/s1/bin/srv)

  2606     400080 
	            1300 std::map<int, f(*)(int)>::at(int const&) (/t/s1/bin/srv (deleted))
	            1346 main (/t/s1/bin/srv)

  2606     100
	 zz not a call
	            1  (/t/s1/<script>)
`;

describe('what perf script prints', () => {
  it('becomes calls with microseconds of self time, files relative to the tree', () => {
    const tree = treeOfPerfScript(TEXT, '/t/s1');

    const rows = [...selfTimes(tree).values()].map(({ frame, us }) => [frame.file, frame.name, us]);
    expect(rows).toEqual([
      ['[kernel.kallsyms]', 'finish_task_switch.isra.0', 200.04],
      ['bin/srv', 'work', 200.04],
      ['bin/srv (deleted)', 'std::map<int, f(*)(int)>::at(int const&)', 400.08],
      ['<script>', '(anonymous)', 0.1],
    ]);
    expect(totalUs(tree)).toBeCloseTo(800.26, 6);
    expect([...tree.children.values()].map(({ frame }) => frame.name)).toEqual([
      'accept',
      'main',
      '(anonymous)',
    ]);
  });

  it.each(['', 'no samples here\n', '\u0000'.repeat(99)])('is refused without a sample: %j', (text) => {
    expect(() => treeOfPerfScript(text, '/t/s1')).toThrow(
      expect.objectContaining({ code: 'profile-broken' }),
    );
  });

  it('is read in a straight line however long its symbols are', () => {
    const text = `1 1000 \n\t1 ${'( '.repeat(50_000)}(/x)\n\t2 ${' ('.repeat(50_000)}${'x'.repeat(200_000)}\n`;

    expect(totalUs(treeOfPerfScript(text, '/'))).toBe(1);
  });
});
