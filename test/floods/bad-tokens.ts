import type { AuthErrorCode } from "cognito-auth-session";

/** A kind of bad tokens. */
export interface BadTokens {
  readonly kind: string;
  readonly count: number;
  readonly code: AuthErrorCode;
  /** The bad token with this number: no two are alike. */
  make(number: number): string;
}

/** How many there are of each kind that no key has to be asked about. */
const CHEAP = 158_000;
const FORGED = 50_000;

const UNKNOWN_KEYS = 160_000;

/** Every kind of bad token, made from what a good one looks like. */
export function badTokens(good: string, kid: string): readonly BadTokens[] {
  const [head = "", body = "", signature = ""] = good.split(".");
  const header = decode(head);
  const claims = decode(body);
  const variant = (headerChange: object, claimsChange: object): string =>
    `${encode({ ...header, ...headerChange })}.${encode({ ...claims, ...claimsChange })}.${signature}`;
  const pad = "x".repeat(good.length - 12);
  return [
    { kind: "garbage", count: CHEAP, code: "malformed_token", make: (n) => `${pad}${n}` },
    {
      kind: "malformed (no JSON)",
      count: CHEAP,
      code: "malformed_token",
      make: (n) =>
        `${head}.${Buffer.from(`{"sub":${n},${pad.slice(0, body.length / 2)}`).toString("base64url")}.${signature}`,
    },
    {
      kind: "wrong algorithm",
      count: CHEAP,
      code: "invalid_signature",
      make: (n) => variant({ alg: "HS256" }, { jti: `${n}` }),
    },
    {
      kind: "foreign issuer",
      count: CHEAP,
      code: "invalid_claims",
      make: (n) => variant({}, { iss: `https://issuer.example/${n}` }),
    },
    { kind: "expired", count: CHEAP, code: "token_expired", make: (n) => variant({}, { exp: 1_000_000_000 + n }) },
    {
      kind: "unknown key",
      count: UNKNOWN_KEYS,
      code: "invalid_signature",
      make: (n) => variant({ kid: `${kid}-${n}` }, {}),
    },
    { kind: "forged signature", count: FORGED, code: "invalid_signature", make: (n) => variant({}, { jti: `${n}` }) },
  ];
}

function decode(part: string): object {
  const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
  return typeof value === "object" && value !== null ? value : {};
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
