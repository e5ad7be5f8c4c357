/** RFC 6749 section 3.3: what a scope may be made of. Nothing else may stand in a challenge. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * Checks the names in a route's definition.
 *
 * @throws {TypeError} for an empty list or a name that is not a non-empty string: a guard that asks for nothing is a hole
 */
export function checkNames(guard: string, names: readonly unknown[]): readonly string[] {
  if (names.length === 0) throw new TypeError(`${guard}() needs at least one name.`);
  return Object.freeze(
    names.map((name) => {
      if (typeof name === "string" && name !== "") return name;
      throw new TypeError(`${guard}() takes names as separate, non-empty strings: ${guard}("a", "b").`);
    }),
  );
}

/**
 * For factories without parameters. Written without its parentheses, one is called with a request in place of a
 * definition, and the request would wait for ever.
 *
 * @throws {TypeError} for any argument
 */
export function checkNoArguments(factory: string, given: readonly unknown[]): void {
  if (given.length > 0) throw new TypeError(`${factory}() takes no arguments: write app.use(${factory}()).`);
}

/** @throws {TypeError} as {@link checkNames}, and for a name that is no scope */
export function checkScopes(guard: string, names: readonly unknown[]): readonly string[] {
  const scopes = checkNames(guard, names);
  if (scopes.every((scope) => SCOPE.test(scope))) return scopes;
  throw new TypeError(`${guard}() takes one scope for each argument, without spaces: ${guard}("a", "b").`);
}
