import type { Jwks } from "aws-jwt-verify/jwk";
import type { DecomposedJwt } from "aws-jwt-verify/jwt";
import { JwtVerifierBase } from "aws-jwt-verify/jwt-verifier";
import type { Stage } from "../stage.js";
import { koaApp } from "./koa-app.js";

const JWKS_URI = "https://jwks.invalid/jwks.json";
type Rules = { readonly issuer: string; readonly audience: null };

/** aws-jwt-verify's judgement of tokens that were parsed already, its keys at hand. */
class Judge extends JwtVerifierBase<Rules, Rules & { jwksUri: string }, false> {
  readonly #rules: Rules;

  constructor({ pool: { issuer }, jwks }: Stage) {
    super({ issuer, audience: null, jwksUri: JWKS_URI });
    this.#rules = { issuer, audience: null };
    this.cacheJwks(jwks as unknown as Jwks);
  }

  judge(token: DecomposedJwt) {
    return this.verifyDecomposedJwtSync(token, JWKS_URI, this.#rules);
  }
}

/** What a new token cannot cost less than where aws-jwt-verify judges it. Checks no claim by itself, refuses by throwing. */
export const serve = (stage: Stage) => {
  const judge = new Judge(stage);
  return koaApp((context, next) => {
    const [headerB64 = "", payloadB64 = "", signatureB64 = ""] =
      context.req.headers.authorization?.slice(7).split(".") ?? [];
    const header = JSON.parse(Buffer.from(headerB64, "base64url").toString());
    const payload = JSON.parse(Buffer.from(payloadB64, "base64url").toString());
    context.state.claims = judge.judge({ header, payload, headerB64, payloadB64, signatureB64 });
    return next();
  });
};
