// Compiled programs, by their text. A program that was seen before costs a look-up; layouts depend only on which bindings
// are written.

/** A pipeline and how its resources are bound. */
export interface Program {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly id: number;
}

const compute = 0x4; // GPUShaderStage.COMPUTE

/** Programs of a device: one per text and constants. */
export class PipelineCache {
  private readonly device: GPUDevice;
  private readonly programs = new Map<string, Program>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();
  /** What was wrong with a program; the submit that uses it only hears that a command is invalid. */
  private readonly problems: string[] = [];

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** How many pipelines were made. */
  get size(): number {
    return this.programs.size;
  }

  /** The program under `key`, which says all: `source` and `constants` are asked for only once. `access`: r or w a buffer. */
  get(key: string, source: () => string, access: string, constants?: Record<string, number>): Program {
    const known = this.programs.get(key);
    if (known !== undefined) return known;
    const layout = this.layoutFor(access);
    this.device.pushErrorScope('validation');
    const module = this.device.createShaderModule({ label: key, code: source() });
    const pipeline = this.device.createComputePipeline({
      label: key,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main', constants },
    });
    this.device.popErrorScope().then(
      (error) => void (error !== null && this.problems.push(`kernel ${key}: ${error.message}`)),
      () => undefined,
    );
    const program = { pipeline, layout, id: this.programs.size };
    this.programs.set(key, program);
    return program;
  }

  /** The reason why a submit failed, if it is a program; asked for once. */
  takeProblem(): string | null {
    return this.problems.shift() ?? null;
  }

  private layoutFor(access: string): GPUBindGroupLayout {
    const known = this.layouts.get(access);
    if (known !== undefined) return known;
    const storage = [...access].map((letter, index) => ({
      binding: index + 1,
      visibility: compute,
      buffer: { type: letter === 'w' ? ('storage' as const) : ('read-only-storage' as const) },
    }));
    const uniform = { binding: 0, visibility: compute, buffer: { type: 'uniform' as const, hasDynamicOffset: true } };
    const layout = this.device.createBindGroupLayout({ entries: [uniform, ...storage] });
    this.layouts.set(access, layout);
    return layout;
  }
}
