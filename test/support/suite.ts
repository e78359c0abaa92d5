// What a suite of test/suites is made of: named cases that run on every backend, in Node and in a page.
// Knows neither vitest nor the library.

/** Where a case runs: `dawn` and `chromium` are both WebGPU. */
export interface Context {
  readonly device: 'cpu' | 'webgpu';
  readonly backend: 'cpu' | 'dawn' | 'chromium';
}

export interface Case {
  readonly name: string;
  run(context: Context): Promise<void> | void;
}

export interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** What became of one case, in a form that a page can hand to Node. */
export interface CaseResult {
  readonly suite: string;
  readonly name: string;
  readonly ok: boolean;
  /** Name, message and stack of what was thrown; empty where the case passed. */
  readonly error: string;
  /** Milliseconds. */
  readonly ms: number;
}

/** `defineSuite('matmul', (test) => { test('2 x 2', () => ...) })`. Names are unique within a suite. */
export function defineSuite(name: string, register: (test: (name: string, run: Case['run']) => void) => void): Suite {
  const cases = new Map<string, Case>();
  register((caseName, run) => {
    if (cases.has(caseName)) throw new Error(`suite '${name}' has two cases '${caseName}'`);
    cases.set(caseName, { name: caseName, run });
  });
  if (cases.size === 0) throw new Error(`suite '${name}' has no case`);
  return { name, cases: [...cases.values()] };
}
