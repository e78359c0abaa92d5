// Several programs as one: the stages of a small step run one after the other in a single workgroup. Works on text alone:
// each program keeps its own names under a suffix, buffers that are one become one binding, parameters one struct.

import { preludeDeclarations, preludeFor, withoutComments } from './shader.ts';

/** A program with the buffer behind each of its bindings (from 1 on), and how many threads it has. */
export interface Stage {
  readonly source: string;
  /** Number of the buffer of the linked program, for each binding. */
  readonly buffers: readonly number[];
  /** Threads of a workgroup; the program numbers its threads through workgroups of this size. */
  readonly workgroup: number;
  /** Threads in all. */
  readonly threads: number;
  /** Its parameters in order: those that never change as literals, which loops and divisions are cheaper with. */
  readonly fixed: readonly (string | null)[];
}

/** A buffer of the linked program. */
export interface LinkedBuffer {
  readonly written: boolean;
}

/** A program without the prelude's declarations, which the linked program has once. */
function withoutPrelude(source: string): string {
  const text = withoutComments(source);
  let rest = '';
  let from = 0;
  for (const { start, end } of preludeDeclarations(text)) {
    rest += text.slice(from, start);
    from = end;
  }
  return rest + text.slice(from);
}

const binding = /@group\(0\)\s*@binding\((\d+)\)\s*var<([^>]*)>\s*(\w+)\s*:\s*([^;]*);/g;

/** What of a program goes into the linked one. */
interface Part {
  readonly text: string;
  /** Element types of its buffers by their number in the linked program. */
  readonly types: ReadonlyMap<number, string>;
  /** Builtins that its main takes, in order. */
  readonly builtins: readonly string[];
}

function partOf(stage: Stage, at: number): Part {
  let text = withoutPrelude(stage.source);
  const types = new Map<number, string>();
  const renamed = new Map<string, string>();
  text = text.replace(binding, (_, number: string, _access: string, name: string, type: string) => {
    if (number === '0') renamed.set(name, `plan.stage${at}`);
    else {
      const buffer = stage.buffers[Number(number) - 1];
      renamed.set(name, `buffer${buffer}`);
      types.set(buffer, /array<(.*)>/.exec(type)?.[1] ?? type);
    }
    return '';
  });
  for (const match of text.matchAll(/^\s*(?:struct|alias|const|fn)\s+(\w+)/gm)) {
    if (match[1] !== 'main') renamed.set(match[1], `${match[1]}_${at}`);
  }
  const builtins: string[] = [];
  text = text.replace(/@compute\s*@workgroup_size\([^)]*\)\s*fn main\(([\s\S]*?)\)\s*\{/, (_, parameters: string) => {
    const plain = parameters.replace(/@builtin\((\w+)\)\s*/g, (_all, name: string) => {
      builtins.push(name);
      return '';
    });
    return `fn stage_${at}(${plain}) {`;
  });
  // Fields of structs follow a dot and keep their names; aliases of element types are resolved by the bindings.
  text = text.replace(/(\.?)\b([A-Za-z_]\w*)\b/g, (all, dot: string, name: string) =>
    dot === '' && renamed.has(name) ? (renamed.get(name) as string) : all,
  );
  const alias = /alias Element_\d+ = (\w+);/.exec(text)?.[1];
  const block = /alias Block_\d+ = (\w+);/.exec(text)?.[1];
  for (const [buffer, type] of types) {
    types.set(
      buffer,
      type === 'Element' || type === 'Result'
        ? (alias ?? resultType(text, type))
        : type === 'Block'
          ? (block ?? type)
          : type,
    );
  }
  return { text: withLiterals(text, at, stage.fixed), types, builtins };
}

/** The text of a stage with the parameters that never change written out. All are scalars, so fields and words are one. */
function withLiterals(text: string, at: number, fixed: Stage['fixed']): string {
  const members = new RegExp(`struct Params_${at} \\{([^}]*)\\}`).exec(text)?.[1] ?? '';
  const literals = new Map<string, string>();
  for (const [index, [, name, type]] of [...members.matchAll(/(\w+)\s*:\s*(u32|i32|f32)\b/g)].entries()) {
    const literal = fixed[index] ?? null;
    // A division by a zero that is written out would not compile, even where it never runs.
    const divides = new RegExp(`[/%] plan\\.stage${at}\\.${name}\\b`).test(text);
    if (literal !== null && !(divides && literal === '0u')) literals.set(name, `${type}(${literal})`);
  }
  return text.replace(new RegExp(`plan\\.stage${at}\\.(\\w+)`, 'g'), (all, name: string) => literals.get(name) ?? all);
}

function resultType(text: string, name: string): string {
  return new RegExp(`alias ${name}_\\d+ = (\\w+);`).exec(text)?.[1] ?? name;
}

/** How a stage's main is told which thread it is. */
function argument(builtin: string, workgroup: number): string {
  switch (builtin) {
    case 'global_invocation_id':
      return 'vec3u(i, 0u, 0u)';
    case 'num_workgroups':
      return 'vec3u(1u)';
    case 'workgroup_id':
      return `vec3u(i / ${workgroup}u, 0u, 0u)`;
    case 'local_invocation_index':
      return `i % ${workgroup}u`;
    default:
      throw new Error(`a stage asks for ${builtin}`);
  }
}

/**
 * The linked program, or null where its parts do not fit together (one buffer with two element types). Parameters of stage k
 * are `plan.stageK`, each beginning at a multiple of 16 bytes. `threads` of the workgroup share the work: with one there are
 * no barriers.
 */
export function link(stages: readonly Stage[], buffers: readonly LinkedBuffer[], threads: number): string | null {
  const parts = stages.map(partOf);
  const types = new Map<number, string>();
  for (const part of parts) {
    for (const [buffer, type] of part.types) {
      if ((types.get(buffer) ?? type) !== type) return null;
      types.set(buffer, type);
    }
  }
  const body = [
    ...parts.map(({ text }) => text),
    'struct Plan {',
    ...stages.map((_, at) => `  @align(16) stage${at}: Params_${at},`),
    '}',
    '@group(0) @binding(0) var<uniform> plan: Plan;',
    ...buffers.map(
      ({ written }, index) =>
        `@group(0) @binding(${index + 1}) var<storage, ${written ? 'read_write' : 'read'}> buffer${index}: array<${types.get(index) ?? 'f32'}>;`,
    ),
    `@compute @workgroup_size(${threads})`,
    'fn main(@builtin(local_invocation_index) member: u32) {',
    ...parts.flatMap(({ builtins }, at) => {
      const given = builtins.map((builtin) => argument(builtin, stages[at].workgroup)).join(', ');
      const count = `${stages[at].threads}u`;
      const loop = `  for (var i = member; i < ${count}; i += ${threads}u) { stage_${at}(${given}); }`;
      const alone = `  for (var i = 0u; i < ${count}; i++) { stage_${at}(${given}); }`;
      return threads === 1 ? [alone] : [loop, '  storageBarrier();'];
    }),
    '}',
  ].join('\n');
  return `${preludeFor(body)}\n${body}`;
}
