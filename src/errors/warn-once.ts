/** Of our fixed texts there are fewer; what an application or a broken upstream makes up must not fill memory or logs. */
const MAX_KEPT = 500;

const said = new Set<string>();

/**
 * Tells the operator something as a process warning, once in the life of the process.
 *
 * @param code of the warning, in front of its text in Node's log
 * @param text a fixed text of ours: nothing from a request, a token or an answer
 * @param key what makes it the same warning as an earlier one
 */
export function warnOnce(code: string, text: string, key = text): void {
  if (said.has(key) || said.size >= MAX_KEPT) return;
  said.add(key);
  process.emitWarning(text, { type: "CognitoAuthSessionWarning", code });
}
