import jwksRsa from "jwks-rsa";
import passport from "passport";
import passportJwt from "passport-jwt";
import type { Stage } from "../stage.js";
import { answerError, expressApp } from "./express-app.js";
import { jwksRsaOptions } from "./jwks-rsa-options.js";

/** Refuses by itself, with a plain text. */
export const serve = ({ pool }: Stage) => {
  const options = {
    jwtFromRequest: passportJwt.ExtractJwt.fromAuthHeaderAsBearerToken(),
    secretOrKeyProvider: jwksRsa.passportJwtSecret(jwksRsaOptions(pool)),
    algorithms: ["RS256"],
    issuer: pool.issuer,
  };
  passport.use(new passportJwt.Strategy(options, (payload, done) => done(null, payload)));
  return expressApp(passport.authenticate("jwt", { session: false }), answerError);
};
