import { auth } from "express-oauth2-jwt-bearer";
import type { Stage } from "../stage.js";
import { answerError, expressApp } from "./express-app.js";

/** Cognito's access tokens have no `aud`, which it insists on: its own validators are told to look at `client_id`. */
export const serve = ({ pool: { issuer, jwksUri, clientId } }: Stage) =>
  expressApp(
    auth({
      issuer,
      jwksUri,
      tokenSigningAlg: "RS256",
      audience: clientId,
      validators: { aud: false, client_id: clientId },
    }),
    answerError,
  );
