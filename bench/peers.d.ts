/** What is used of the peers. They are not dependencies of the package, so their own types may not be there. */

declare module "express-oauth2-jwt-bearer" {
  import type { RequestHandler } from "express";
  export function auth(options: {
    issuer: string;
    jwksUri: string;
    tokenSigningAlg: string;
    audience?: string;
    validators?: Readonly<Record<string, unknown>>;
  }): RequestHandler;
}

declare module "express-jwt" {
  import type { RequestHandler } from "express";
  export function expressjwt(options: { secret: unknown; algorithms: string[]; issuer: string }): RequestHandler;
}

declare module "jwks-rsa" {
  interface JwksOptions {
    jwksUri: string;
    cache: boolean;
    rateLimit: boolean;
    jwksRequestsPerMinute: number;
  }
  const jwksRsa: {
    expressJwtSecret(options: JwksOptions): unknown;
    passportJwtSecret(options: JwksOptions): unknown;
    koaJwtSecret(options: JwksOptions): unknown;
  };
  export default jwksRsa;
}

declare module "passport" {
  import type { RequestHandler } from "express";

  const passport: {
    use(strategy: object): void;
    authenticate(name: string, options: { session: boolean }): RequestHandler;
  };
  export default passport;
}

declare module "passport-jwt" {
  type Done = (error: unknown, user: unknown) => void;
  const passportJwt: {
    Strategy: new (
      options: Readonly<Record<string, unknown>>,
      verify: (payload: unknown, done: Done) => void,
    ) => object;
    ExtractJwt: { fromAuthHeaderAsBearerToken(): unknown };
  };
  export default passportJwt;
}

declare module "aws-cognito-express" {
  import type { ErrorRequestHandler, RequestHandler } from "express";

  const awsCognitoExpress: {
    authenticate(options: {
      region: string;
      userPoolId: string;
      audience: string[];
      pems: Readonly<Record<string, string>>;
    }): RequestHandler;
    authenticationError(): ErrorRequestHandler;
  };
  export default awsCognitoExpress;
}

declare module "fast-jwt" {
  export function createVerifier(options: {
    key: string;
    algorithms: string[];
    allowedIss: string;
    cache: boolean;
  }): (token: string) => unknown;
}

declare module "koa-jwt" {
  import type { Middleware } from "koa";
  export default function koaJwt(options: { secret: unknown; algorithms: string[]; issuer: string }): Middleware;
}
