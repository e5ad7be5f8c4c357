import { hash, randomUUID } from "node:crypto";
import type { Clock } from "../../clock.js";
import type { SignIn } from "../token-claims.js";
import type { HostedSession } from "./hosted-sessions.js";
import { Tickets } from "./tickets.js";

const LIFETIME_SECONDS = 300;
/** A code that was used is remembered longer, to notice when it comes again. */
const MEMORY_SECONDS = 3600;

/** What a code was given for. */
export interface CodeBinding {
  readonly redirectUri: string;
  readonly codeChallenge: string | undefined;
  readonly nonce: string | undefined;
  readonly scopes: readonly string[];
  /** Whether there is an ID token to be had. */
  readonly isOpenId: boolean;
}

/** What a code gives when it is redeemed. */
export interface RedeemedCode {
  readonly binding: CodeBinding;
  readonly signIn: SignIn;
}

interface IssuedCode extends RedeemedCode {
  readonly endMs: number;
  isSpent: boolean;
}

/** What comes with a code to redeem it. */
export interface CodeProof {
  readonly redirectUri: string | null;
  readonly codeVerifier: string | null;
}

/** Authorization codes: good once, for five minutes, for whoever began the sign-in. */
export class AuthorizationCodes {
  readonly #tickets: Tickets<IssuedCode>;

  constructor(
    private readonly clock: Clock,
    private readonly endSignIn: (originJti: string) => void,
  ) {
    this.#tickets = new Tickets(MEMORY_SECONDS, clock);
  }

  issue(binding: CodeBinding, { username, authTimeSeconds }: HostedSession): string {
    const signIn = { username, authTimeSeconds, originJti: randomUUID(), grantedScopes: binding.scopes };
    return this.#tickets.issue({ binding, signIn, endMs: this.clock() + LIFETIME_SECONDS * 1000, isSpent: false });
  }

  /**
   * The code's sign-in; undefined where the code is not good. Any attempt spends the code, and a second one ends the
   * sign-in that the first began (RFC 6749 section 4.1.2): one of the two has stolen it.
   */
  redeem(code: string | null, { redirectUri, codeVerifier }: CodeProof): RedeemedCode | undefined {
    const issued = this.#tickets.find(code ?? "");
    if (issued === undefined) return undefined;
    const { binding, signIn, isSpent, endMs } = issued;
    issued.isSpent = true;
    if (isSpent) this.endSignIn(signIn.originJti);
    const isGood = !isSpent && this.clock() < endMs && redirectUri === binding.redirectUri;
    return isGood && provesBeginning(codeVerifier, binding.codeChallenge) ? { binding, signIn } : undefined;
  }
}

/** PKCE (RFC 7636 section 4.6). A verifier where there was no challenge is a sign that somebody took it away. */
function provesBeginning(verifier: string | null, challenge: string | undefined): boolean {
  if (verifier === null || challenge === undefined) return verifier === null && challenge === undefined;
  return hash("sha256", verifier, "base64url") === challenge;
}
