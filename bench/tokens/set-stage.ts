import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalCognito } from "cognito-auth-session/testing";
import type { Scale } from "../scale.js";
import type { Stage } from "../stage.js";
import { writeRequestFiles } from "./request-files.js";
import { Signer } from "./signer.js";

const USER_POOL_ID = "eu-west-1_BenchPool";

/** Tokens on disk, their key set on loopback, and an identity pool. */
export interface StageSet {
  readonly path: string;
  readonly stage: Stage;
  close(): Promise<void>;
}

export async function setStage(scale: Scale): Promise<StageSet> {
  const folder = mkdtempSync(join(tmpdir(), "cognito-auth-session-bench-"));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  // However the run ends.
  process.once("exit", removeFolder);
  const signer = new Signer();
  const keyServer = createServer((_request, response) => {
    response.setHeader("Content-Type", "application/json").end(JSON.stringify({ keys: [signer.jwk] }));
  });
  await new Promise<void>((resolve) => keyServer.listen(0, "127.0.0.1", resolve));
  const cognito = await LocalCognito.start({ tokenLifetime: 24 * 3600 });
  const close = async () => {
    keyServer.closeAllConnections();
    keyServer.close();
    await cognito.stop();
    removeFolder();
    process.off("exit", removeFolder);
  };
  try {
    const { port } = keyServer.address() as AddressInfo;
    const pool = {
      userPoolId: USER_POOL_ID,
      clientId: "4c9ml21i4eocc4mnnsmfpqj2g9",
      issuer: `https://cognito-idp.eu-west-1.amazonaws.com/${USER_POOL_ID}`,
      jwksUri: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    };
    const { userPoolId, clientId, issuer, jwksUri, identityPoolId, identityPoolEndpoint } = cognito.options;
    const stage: Stage = {
      pool,
      jwks: { keys: [signer.jwk] },
      pem: signer.pem,
      local: { userPoolId, clientId, issuer, jwksUri, identityPoolId, identityPoolEndpoint },
      requests: await writeRequestFiles(folder, { signer, pool, cognito, scale }),
    };
    const path = join(folder, "stage.json");
    writeFileSync(path, JSON.stringify(stage));
    return { path, stage, close };
  } catch (error) {
    await close();
    throw error;
  }
}
