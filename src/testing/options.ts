import type { Clock } from "../clock.js";
import { checkFields } from "./check-input.js";

/** Options of `LocalCognito.start()`. */
export interface LocalCognitoOptions {
  /** Port on 127.0.0.1. Default 0: a free one. */
  readonly port?: number | undefined;
  /** Default: a fresh id in eu-west-1. */
  readonly userPoolId?: string | undefined;
  /** Default: a fresh one. */
  readonly clientId?: string | undefined;
  /** Default: a fresh one in eu-west-1. */
  readonly identityPoolId?: string | undefined;
  /** Whether the identity pool takes guests. Default false. */
  readonly unauthenticatedIdentities?: boolean | undefined;
  /** Whether a refresh gives a new refresh token and spends the old one. Default true. */
  readonly refreshTokenRotation?: boolean | undefined;
  /** The service's clock, in milliseconds since the epoch. Default: the machine's. */
  readonly clock?: Clock | undefined;
}

const OPTIONS = [
  "port",
  "userPoolId",
  "clientId",
  "identityPoolId",
  "unauthenticatedIdentities",
  "refreshTokenRotation",
  "clock",
] as const satisfies readonly (keyof LocalCognitoOptions)[];

/** @throws {TypeError} naming an option that there is not */
export function checkStartOptions(given: LocalCognitoOptions): void {
  checkFields("LocalCognito.start()", given, OPTIONS);
}

/** What `authSession()` needs to work with a `LocalCognito`. */
export interface LocalCognitoConfig {
  readonly userPoolId: string;
  readonly clientId: string;
  readonly identityPoolId: string;
  readonly issuer: string;
  readonly jwksUri: string;
  readonly userPoolEndpoint: string;
  readonly identityPoolEndpoint: string;
  readonly stsEndpoint: string;
}
