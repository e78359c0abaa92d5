// What a build leaves of a shader: code and hook marks, no comments.
import { expect, test } from 'vitest';
import { stripWgsl } from '../../vite.config.ts';

test('stripWgsl drops comments, indentation and empty lines, and keeps the marks of hooks', () => {
  const source = [
    '// Adds one. Shape: (n).',
    'override tile: u32 = 64; // elements',
    '',
    '/* outer /* nested */ still outer */',
    'fn f(x: f32) -> f32 {',
    '  // #hook store',
    '  return x /* in */ + 1.0 / 2.0;',
    '  // #end',
    '}',
  ].join('\n');
  expect(stripWgsl(source)).toBe(
    'override tile: u32 = 64;\nfn f(x: f32) -> f32 {\n// #hook store\nreturn x   + 1.0 / 2.0;\n// #end\n}\n',
  );
});
