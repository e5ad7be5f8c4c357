import { checkCaller } from "./caller.js";
import type { Check, Examination } from "./check.js";
import { checkCredentials, checkIdentityPool, noIdentityPool } from "./identity-pool.js";
import { checkService } from "./service.js";
import { checkToken } from "./token.js";

/** All checks, in the order in which a request meets what they look at; each line comes when it is known. */
export async function* examine(examination: Examination): AsyncGenerator<Check> {
  yield configured(examination);
  yield* await checkService(examination);
  const { token, pool } = examination;
  const { identityPool } = pool;
  if (token === undefined) {
    yield untold(examination);
    yield identityPool === undefined ? noIdentityPool() : await checkIdentityPool(examination, identityPool);
    return;
  }
  const { checks, session, sessions } = await checkToken(examination, token);
  yield* checks;
  if (identityPool === undefined) yield noIdentityPool();
  else if (session === undefined) yield await checkIdentityPool(examination, identityPool);
  else {
    const exchanged = await checkCredentials(examination, session);
    yield* exchanged.checks;
    if (exchanged.credentials) yield await checkCaller(examination, identityPool, exchanged.credentials);
  }
  await sessions?.close();
}

function configured({ found, pool }: Examination): Check {
  const { userPoolId, clientIds, identityPool } = pool;
  const clients = [...(clientIds ?? [])];
  const parts = [
    `user pool ${userPoolId}`,
    `app client${clients.length === 1 ? "" : "s"} ${clients.join(", ")}`,
    ...(identityPool === undefined ? [] : [`identity pool ${identityPool.id}`]),
  ];
  const message = `Configured by ${found.from.join(", ")}: ${parts.join("; ")}.`;
  return { id: "configuration", status: "pass", message };
}

function untold({ pool }: Examination): Check {
  const one = pool.clientIds?.size === 1 ? "the app client belongs" : "the app clients belong";
  return {
    id: "client",
    status: "warn",
    message: `Whether ${one} to the user pool cannot be told without a token.`,
    fix: "Run it again with `--token -` and pipe a token in.",
  };
}
