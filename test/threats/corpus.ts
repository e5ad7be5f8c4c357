import type { AttackGroup } from "./attack.js";
import { claims } from "./claims.js";
import { credentialsAndCaches } from "./credentials-and-caches.js";
import { denialOfService } from "./denial-of-service.js";
import { guards } from "./guards.js";
import { joseHeader } from "./jose-header.js";
import { keySet } from "./key-set.js";
import { signature } from "./signature.js";
import { tokenUseAndPair } from "./token-use-and-pair.js";
import { transport } from "./transport.js";

/** Every attack, in the order of the threat model. */
export const CORPUS: readonly AttackGroup[] = [
  transport,
  joseHeader,
  signature,
  claims,
  tokenUseAndPair,
  keySet,
  guards,
  credentialsAndCaches,
  denialOfService,
];
