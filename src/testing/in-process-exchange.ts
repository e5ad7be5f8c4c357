import type { Clock } from "../clock.js";
import type { Exchange, ExchangedCredentials } from "../credentials/credentials.js";
import type { Subject } from "../credentials/subject.js";
import { fromAwsError } from "../errors/from-aws.js";
import { failed, type Outcome } from "../errors/outcome.js";
import { checkFields } from "./check-input.js";
import { type Fault, Faults } from "./faults.js";
import type { LocalIdentityPool } from "./identity-pool.js";
import { ServiceError, textOf } from "./service-error.js";

/** How an operation is to fail where there is no connection that could fail: by exception. */
export type InProcessFault = Pick<Fault, "error" | "times">;

const OPERATIONS = ["GetId", "GetCredentialsForIdentity", "GetOpenIdToken", "AssumeRoleWithWebIdentity"] as const;

type Operation = (typeof OPERATIONS)[number];

/** The exchange for AWS credentials with an identity pool of the same process: all of its checks, and no socket. */
export class InProcessExchange {
  readonly #identityPool: LocalIdentityPool;
  readonly #clock: Clock;
  readonly #faults = new Faults();

  constructor(identityPool: LocalIdentityPool, clock: Clock) {
    this.#identityPool = identityPool;
    this.#clock = clock;
  }

  /** @throws {RangeError} for an operation that there is not @throws {TypeError} for a fault that says nothing */
  fail(operation: string, fault: InProcessFault): void {
    checkOperation(operation);
    checkFields("fail()", fault, ["error", "times"]);
    const { error, times } = fault;
    if (times !== 0 && (typeof error !== "string" || error === "")) {
      throw new TypeError("fail() needs `error`, the name of an exception.");
    }
    this.#faults.set(operation, fault);
  }

  /** @throws {RangeError} for an operation that there is not */
  requests(operation: string): number {
    checkOperation(operation);
    return this.#faults.count(operation);
  }

  /** @param authFlow where the role comes from: the identity pool, or STS */
  by(authFlow: "enhanced" | "basic"): Exchange {
    return async (subject) => {
      const asked = { IdentityPoolId: subject.identityPool.id, Logins: loginsOf(subject) };
      const IdentityId = this.#call("GetId", () => this.#identityPool.getId(asked));
      if (failed(IdentityId)) return IdentityId;
      // A guest has no token that STS would take.
      const isBasic = authFlow === "basic" && subject.login !== undefined;
      return isBasic ? this.#assumeRole(IdentityId, subject) : this.#getCredentials(IdentityId, subject);
    };
  }

  #getCredentials(IdentityId: string, subject: Subject): Outcome<ExchangedCredentials> {
    const { roleArn: CustomRoleArn } = subject;
    const given = this.#call("GetCredentialsForIdentity", () =>
      this.#identityPool.getCredentials({ IdentityId, Logins: loginsOf(subject), CustomRoleArn }),
    );
    if (failed(given)) return given;
    return this.#exchanged(IdentityId, {
      ...given,
      SecretAccessKey: given.SecretKey,
      expiresAtMs: given.Expiration * 1000,
    });
  }

  #assumeRole(IdentityId: string, subject: Subject): Outcome<ExchangedCredentials> {
    const token = this.#call("GetOpenIdToken", () =>
      this.#identityPool.getOpenIdToken({ IdentityId, Logins: loginsOf(subject) }),
    );
    if (failed(token)) return token;
    const given = this.#call("AssumeRoleWithWebIdentity", () =>
      this.#identityPool.assumeRole({ RoleArn: subject.roleArn, WebIdentityToken: token }),
    );
    if (failed(given)) return given;
    const { Credentials } = given;
    return this.#exchanged(IdentityId, { ...Credentials, expiresAtMs: Date.parse(Credentials.Expiration) });
  }

  #exchanged(identityId: string, given: Given): ExchangedCredentials {
    const {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      expiresAtMs,
    } = given;
    const obtainedAtMs = this.#clock();
    return Object.freeze({ identityId, accessKeyId, secretAccessKey, sessionToken, obtainedAtMs, expiresAtMs });
  }

  /** Counts the call, and answers it or fails as asked: in the words of the service, read as those of the service are. */
  #call<T>(operation: Operation, answer: () => T): Outcome<T> {
    const error = this.#faults.take(operation)?.error;
    try {
      if (error !== undefined) throw new ServiceError(error, textOf(error, operation));
      return answer();
    } catch (thrown) {
      return fromAwsError(thrown instanceof ServiceError ? asSdkThrows(thrown) : thrown, operation);
    }
  }
}

interface Given {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  readonly expiresAtMs: number;
}

function checkOperation(operation: string): void {
  if (OPERATIONS.some((known) => known === operation)) return;
  throw new RangeError(`There is no operation ${operation}. There are: ${OPERATIONS.join(", ")}.`);
}

function loginsOf({ login }: Subject): Record<string, string> | undefined {
  return login && { [login.provider]: login.idToken };
}

/** The service's refusal as the AWS SDK would throw it. */
function asSdkThrows({ type, message, status }: ServiceError): Error {
  return Object.assign(new Error(message), { name: type, $metadata: { httpStatusCode: status } });
}
