/** Against what a reference verdict is given. */
export interface Expected {
  readonly issuer: string;
  readonly clientId: string;
  readonly kid: string;
  readonly nowSeconds: number;
}

const TOLERANCE_SECONDS = 5;
/** The last moment of a Date, in seconds (ECMA-262). */
const END_OF_TIME = 8.64e12;

type Json = Readonly<Record<string, unknown>>;

/** Whether a JOSE header may be that of a Cognito token: what must hold, written down without a look at the code. */
export function mayBeHeader(header: unknown, { kid }: Pick<Expected, "kid">): boolean {
  if (!isObject(header)) return false;
  return header.alg === "RS256" && header.kid === kid && !("crit" in header) && !("b64" in header);
}

/** Whether claims may be those of a good token. */
export function mayBeClaims(claims: unknown, { issuer, clientId, nowSeconds }: Omit<Expected, "kid">): boolean {
  if (!isObject(claims)) return false;
  const { token_use: use, exp } = claims;
  if (use !== "access" && use !== "id") return false;
  if (claims.iss !== issuer || claims[use === "id" ? "aud" : "client_id"] !== clientId) return false;
  if (typeof claims.sub !== "string" || claims.sub.length === 0) return false;
  if (!isMoment(exp) || nowSeconds >= exp + TOLERANCE_SECONDS) return false;
  return ["iat", "nbf"].every((name) => {
    const moment = claims[name];
    return moment === undefined || (isMoment(moment) && moment <= nowSeconds + TOLERANCE_SECONDS);
  });
}

/** `cognito:groups`, where it is a list of strings and nothing else. */
export function groupsIn(claims: Json): readonly string[] {
  const groups = claims["cognito:groups"];
  return Array.isArray(groups) && !groups.some((group) => typeof group !== "string") ? groups : [];
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isMoment(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= END_OF_TIME;
}
