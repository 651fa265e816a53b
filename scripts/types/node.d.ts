/**
 * The few names of Node that tests/js uses.
 *
 * The whole of @types/node would also declare `process`, `Buffer` and another `setTimeout`, and so let the page's
 * code use what no browser has. A test that needs one more name of Node adds it here.
 */

declare module "node:test" {
  type Body = (context: TestContext) => void | Promise<void>;

  interface TestContext {
    readonly name: string;
    readonly mock: MockTracker;
    diagnostic(message: string): void;
    skip(message?: string): void;
    test(name: string, body: Body): Promise<void>;
    after(body: () => void | Promise<void>): void;
  }

  interface MockTracker {
    fn<F extends (...args: never[]) => unknown>(
      original?: F,
    ): F & { mock: { calls: { arguments: Parameters<F> }[]; callCount(): number } };
    timers: {
      enable(options?: { apis?: string[]; now?: number }): void;
      tick(milliseconds: number): void;
      reset(): void;
    };
    restoreAll(): void;
  }

  interface Test {
    (name: string, body: Body): Promise<void>;
    (name: string, options: { skip?: boolean | string; timeout?: number }, body: Body): Promise<void>;
  }

  export const test: Test;
  export const it: Test;
  export function describe(name: string, body: () => void): Promise<void>;
  export function before(body: () => void | Promise<void>): void;
  export function after(body: () => void | Promise<void>): void;
  export function beforeEach(body: () => void | Promise<void>): void;
  export function afterEach(body: () => void | Promise<void>): void;
  export const mock: MockTracker;
  export default test;
}

declare module "node:assert/strict" {
  type Expected = RegExp | ErrorConstructor | (new (...args: never[]) => Error) | object;

  interface Assert {
    (value: unknown, message?: string): asserts value;
    ok(value: unknown, message?: string): asserts value;
    equal<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
    notEqual(actual: unknown, expected: unknown, message?: string): void;
    deepEqual<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
    notDeepEqual(actual: unknown, expected: unknown, message?: string): void;
    match(text: string, pattern: RegExp, message?: string): void;
    doesNotMatch(text: string, pattern: RegExp, message?: string): void;
    throws(body: () => unknown, expected?: Expected, message?: string): void;
    doesNotThrow(body: () => unknown, message?: string): void;
    rejects(body: Promise<unknown> | (() => Promise<unknown>), expected?: Expected): Promise<void>;
    fail(message?: string): never;
  }

  const assert: Assert;
  export default assert;
}

declare module "node:fs" {
  export function existsSync(path: string | URL): boolean;
  export function readFileSync(path: string | URL, encoding: "utf8"): string;
  export function readFileSync(path: string | URL): Uint8Array<ArrayBuffer>;
  export function readdirSync(path: string | URL, options?: { recursive?: boolean }): string[];
}

declare module "node:path" {
  export const sep: string;
  export function basename(path: string, suffix?: string): string;
  export function dirname(path: string): string;
  export function extname(path: string): string;
  export function join(...parts: string[]): string;
  export function relative(from: string, to: string): string;
  export function resolve(...parts: string[]): string;
}

declare module "node:url" {
  export function fileURLToPath(url: string | URL): string;
  export function pathToFileURL(path: string): URL;
}

declare module "node:process" {
  /** The time that the process has had, in microseconds; since an earlier call if that is given. */
  export function cpuUsage(before?: { user: number; system: number }): { user: number; system: number };
}
