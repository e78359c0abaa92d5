// Names and values as Python writes them: snake_case, and `repr` of numbers, booleans, text and tuples.

/** `in_features` -> `inFeatures`: PyTorch's names as wgrad spells them. */
export function camelCase(name: string): string {
  return name.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `inFeatures` -> `in_features`; a name that begins with a capital keeps it: `TMax` -> `T_max`, `T0` -> `T_0`. */
export function snakeCase(name: string): string {
  return name.replace(/^([A-Z])(\d)/, '$1_$2').replace(/(?!^)[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A number as Python's `repr` writes it: exponents of two digits, below 1e-4 and from 1e16 on. */
function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-4 && size < 1e16)) return Object.is(value, -0) ? '-0.0' : String(value);
  const [digits, exponent] = value.toExponential().split('e');
  return `${digits}e${exponent.startsWith('-') ? '-' : '+'}${exponent.slice(1).padStart(2, '0')}`;
}

/** A value as Python's `repr` writes it. */
export function pythonText(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return pythonNumber(value);
  if (typeof value === 'string') return value.includes("'") ? `"${value}"` : `'${value}'`;
  if (Array.isArray(value)) return `(${value.map(pythonText).join(', ')}${value.length === 1 ? ',' : ''})`;
  return String(value);
}
