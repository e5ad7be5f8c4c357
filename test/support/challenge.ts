/** A parsed `WWW-Authenticate` header with one challenge: RFC 9110 section 11.6.1, strict. */
export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\t \\x21-\\x7e])*"';
const PARAMETER = new RegExp(`^(${TOKEN})=(${QUOTED})(?:, |$)`);

export function parseChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined) return undefined;
  const scheme = new RegExp(`^(${TOKEN}) `).exec(header)?.[1];
  if (scheme === undefined) throw new Error(`No auth scheme in: ${header}`);
  const parameters: Record<string, string> = {};
  let rest = header.slice(scheme.length + 1);
  while (rest !== "") {
    const [all, name, quoted] = PARAMETER.exec(rest) ?? [];
    if (all === undefined || name === undefined || quoted === undefined) throw new Error(`Not a challenge: ${header}`);
    if (Object.hasOwn(parameters, name)) throw new Error(`Parameter ${name} stands twice in: ${header}`);
    parameters[name] = quoted.slice(1, -1);
    rest = rest.slice(all.length);
  }
  return { scheme, parameters };
}
