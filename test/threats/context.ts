import type { JsonWebKey } from "node:crypto";
import type { AuthSessionOptions, SessionManagerParts } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { fetchKeySet } from "../../src/tokens/fetch-key-set.js";
import { TestClock } from "../support/app.js";
import type { AppUnderAttack } from "./attack.js";
import { readSegment, segmentsOf } from "./attempt.js";
import { Mint } from "./mint.js";

/** Who the good requests come from. */
export const ADA = { userSub: "ada-sub", username: "ada", groups: ["admin"] };
const ADA_CLAIMS = { sub: ADA.userSub, username: ADA.username, "cognito:groups": ADA.groups };

/** A pool as AWS names it, for attacks on names; its keys are the mint's, and no network is used. */
export const AWS_POOL = {
  userPoolId: "eu-west-1_AbCdEfGhI",
  clientId: "1h57kf5cpq17m0eml12example",
  issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
};

type Claims = Readonly<Record<string, unknown>>;

/** What all attacks share: the pool that is trusted, another that is not, and a key of the tests' own. */
export class World {
  readonly mint = new Mint("mint-key-1");
  /** A key that nobody trusts. */
  readonly attacker = new Mint("attacker-key-1");
  /** URIs that a key set was asked for. */
  readonly fetched: string[] = [];

  private constructor(
    readonly clock: TestClock,
    readonly cognito: LocalCognito,
    readonly stranger: LocalCognito,
    /** The first key of the pool, which signs access tokens. */
    readonly poolKey: JsonWebKey,
  ) {}

  static async open(): Promise<World> {
    const clock = new TestClock();
    // Edges are tried to the second.
    clock.nowMs = Math.floor(clock.nowMs / 1000) * 1000;
    const [cognito, stranger] = await Promise.all([
      LocalCognito.start({ clock: clock.read }),
      LocalCognito.start({ clock: clock.read }),
    ]);
    const keySet = (await (await fetch(cognito.options.jwksUri)).json()) as { keys: [JsonWebKey] };
    return new World(clock, cognito, stranger, keySet.keys[0]);
  }

  async close(): Promise<void> {
    await Promise.all([this.cognito.stop(), this.stranger.stop()]);
  }

  get nowSeconds(): number {
    return Math.floor(this.clock.nowMs / 1000);
  }

  /** The pool's, without its identity pool: what an identity pool refuses proves nothing about the check before it. */
  get options(): AuthSessionOptions {
    return { ...this.cognito.options, identityPoolId: null };
  }

  /** The pool's own key set, with the mint's key in it. */
  get parts(): SessionManagerParts {
    return {
      clock: this.clock.read,
      fetchJson: async (uri, limits) => {
        this.fetched.push(uri);
        const { keys } = (await fetchKeySet(uri, limits)) as { keys: object[] };
        return { keys: [...keys, this.mint.jwk] };
      },
    };
  }

  /** An access token of the pool. */
  access(claims: Claims = {}, header: Claims = {}): string {
    return this.cognito.signToken({ tokenUse: "access", claims, header });
  }

  /** An ID token of the pool. */
  id(claims: Claims = {}, header: Claims = {}): string {
    return this.cognito.signToken({ tokenUse: "id", claims, header });
  }

  /** A good access token of ada's. */
  good(claims: Claims = {}): string {
    return this.access({ ...ADA_CLAIMS, ...claims });
  }

  /** A token for our app by a pool that it does not trust. */
  strangers(claims: Claims = {}, header: Claims = {}): string {
    const { issuer, clientId } = this.cognito.options;
    return this.stranger.signToken({
      tokenUse: "access",
      claims: { ...ADA_CLAIMS, iss: issuer, client_id: clientId, ...claims },
      header,
    });
  }

  /** The claims of a good access token of ada's. */
  claims(claims: Claims = {}): Record<string, unknown> {
    return readSegment(segmentsOf(this.good(claims))[1]);
  }

  /** The same as JSON text. */
  payload(claims: Claims = {}): string {
    return JSON.stringify(this.claims(claims));
  }

  /** A token by the mint, with this text in front of the other members of its payload. */
  withMembers(members: string, claims: Claims = {}): string {
    return this.mint.sign(this.mint.header(), `{${members},${this.payload(claims).slice(1)}`);
  }

  /** An app of the pool as AWS names it. */
  awsApp(options: AuthSessionOptions = {}): AppUnderAttack {
    const { userPoolId, clientId } = AWS_POOL;
    const fetchJson = async (uri: string) => {
      this.fetched.push(uri);
      return { keys: [this.mint.jwk] };
    };
    return {
      options: { userPoolId, clientId, identityPoolId: null, ...options },
      parts: { clock: this.clock.read, fetchJson },
      good: () => this.awsToken(),
    };
  }

  /** A token of that pool. */
  awsToken(claims: Claims = {}): string {
    const { issuer: iss, clientId: client_id } = AWS_POOL;
    return this.mint.sign(this.mint.header(), this.payload({ iss, client_id, ...claims }));
  }

  /** Ends all faults. */
  heal(): void {
    for (const operation of ["JWKS", "GetId", "GetCredentialsForIdentity"]) this.cognito.fail(operation, { times: 0 });
  }
}
