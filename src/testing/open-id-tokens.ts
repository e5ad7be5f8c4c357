import { createPublicKey, verify } from "node:crypto";
import type { Clock } from "../clock.js";
import { failed } from "../errors/outcome.js";
import { type DecodedToken, decodeToken } from "../tokens/decode.js";
import { ownValue } from "../tokens/json.js";
import { ServiceError } from "./service-error.js";
import { type PublicJwk, SigningKeys } from "./signing-keys.js";

const ISSUER = "https://cognito-identity.amazonaws.com";
const LIFETIME_SECONDS = 600;

/** The tokens that an identity pool gives for STS, in the basic flow. */
export class OpenIdTokens {
  #keys: SigningKeys | undefined;

  constructor(
    private readonly identityPoolId: string,
    private readonly clock: Clock,
  ) {}

  issue(identityId: string, isSignedIn: boolean): string {
    const nowSeconds = Math.floor(this.clock() / 1000);
    const amr = [isSignedIn ? "authenticated" : "unauthenticated"];
    const claims = { iss: ISSUER, aud: this.identityPoolId, sub: identityId, amr };
    // Making keys takes time, and hardly anybody needs them.
    this.#keys ??= new SigningKeys();
    return this.#keys.sign("id", {}, { ...claims, iat: nowSeconds, exp: nowSeconds + LIFETIME_SECONDS });
  }

  /** The signed-in user's identity id. @throws {ServiceError} in the words of STS */
  verify(token: unknown): string {
    const decoded = decodeToken(token);
    if (failed(decoded) || !isSignedBy(decoded, this.#keys?.find(ownValue(decoded.header, "kid")))) {
      throw new ServiceError("InvalidIdentityTokenException", "The ID Token provided is not a valid JWT.");
    }
    const { sub, exp, amr } = decoded.payload;
    if (!(this.clock() / 1000 < Number(exp))) throw new ServiceError("ExpiredTokenException", "Token expired.");
    if (String(amr) === "authenticated") return String(sub);
    throw new ServiceError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403);
  }
}

/** Whether a token is signed by a key (RS256). */
export function isSignedBy({ raw, header }: DecodedToken, jwk: PublicJwk | undefined): boolean {
  if (jwk === undefined || ownValue(header, "alg") !== "RS256") return false;
  const dot = raw.lastIndexOf(".");
  const signature = Buffer.from(raw.slice(dot + 1), "base64url");
  return verify("sha256", Buffer.from(raw.slice(0, dot)), createPublicKey({ key: jwk, format: "jwk" }), signature);
}
