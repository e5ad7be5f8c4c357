import type { Jwk, JwkWithKid } from "aws-jwt-verify/jwk";
import type { DecomposedJwt } from "aws-jwt-verify/jwt";
import { JwtVerifierBase } from "aws-jwt-verify/jwt-verifier";
import type { AuthError } from "../errors/auth-error.js";
import { fromJwtVerifyError } from "../errors/from-jwt-verify.js";
import { withoutStack } from "../errors/without-stack.js";
import type { DecodedToken } from "./decode.js";

/** Never asked: the key is handed over. */
const NO_URI = "https://jwks.invalid/jwks.json";

/** What aws-jwt-verify is to check. */
type Rules = { readonly issuer: string | null; readonly audience: null; readonly graceSeconds: number };
/** Times were judged by our clock, so the library's own is given no say. */
const RULES: Rules = { issuer: null, audience: null, graceSeconds: Number.POSITIVE_INFINITY };

/**
 * aws-jwt-verify's verifier for one key. It judges signature and claims of a token that was parsed already: its method for
 * that is open to subclasses, and its public ones would parse everything once more. One judge per key, because the
 * library's own cache of keys goes by `kid` and would outlive a key.
 */
export class SignatureJudge extends JwtVerifierBase<Rules, Rules & { jwksUri: string }, false> {
  /** @param jwk a public key, checked */
  constructor(jwk: Jwk & JwkWithKid) {
    super(
      { ...RULES, jwksUri: NO_URI },
      {
        getCachedJwk: () => jwk,
        getJwk: async () => jwk,
        getJwks: async () => ({ keys: [jwk] }),
        addJwks: () => {},
      },
    );
  }

  /**
   * What is wrong with a token, if anything is.
   *
   * @param issuer of the configuration, whose token it says it is
   */
  judge(token: DecodedToken, issuer: string): AuthError | undefined {
    // The claims that it reads have been checked for their types.
    const decomposed = token as DecomposedJwt;
    try {
      withoutStack(() => this.verifyDecomposedJwtSync(decomposed, NO_URI, { ...RULES, issuer }));
      return undefined;
    } catch (error) {
      return fromJwtVerifyError(error);
    }
  }
}
