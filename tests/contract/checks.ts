// What a program of this test does and finds: named steps, and problems that are counted rather than thrown.
const problems: string[] = [];
let checks = 0;

export function check(holds: boolean, problem: string): void {
  ++checks;
  if (!holds) problems.push(problem);
}

// A problem, or undefined where there is none.
export function expectNone(problem: string | undefined): void {
  check(problem === undefined, problem ?? "");
}

export function equal(actual: unknown, wanted: unknown, what: string): void {
  check(actual === wanted, `${what}: ${String(actual)}, not ${String(wanted)}`);
}

// The value, where there has to be one.
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Error([`there is no ${what}`, ...problems].join("\n"));
  return value;
}

export function variable(name: string): string {
  return present(process.env[name], `variable ${name}`);
}

export function finish(name: string): void {
  for (const problem of problems) console.error(`${name}: ${problem}`);
  console.log(`${name}: ${checks} checks, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
