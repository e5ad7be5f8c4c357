import { S3Client } from "@aws-sdk/client-s3";
import { type Stage, sessionsOf } from "./ways.js";

const ROUNDS = 2000;

/** Microseconds that a client costs, on average. */
export interface SdkClientsRow {
  readonly what: string;
  readonly microseconds: number;
}

/** A client for each request against the one that `awsClient()` keeps for each user. */
export async function measureSdkClients(stage: Stage, idTokens: readonly string[]): Promise<SdkClientsRow[]> {
  const sessions = sessionsOf("per process", stage);
  await sessions.warmUp();
  const users = await Promise.all(
    idTokens.slice(0, 100).map((token) => sessions.getSession({ headers: { authorization: `Bearer ${token}` } })),
  );
  const userAt = (round: number) => {
    const user = users[round % users.length];
    if (user === undefined) throw new RangeError("There are no users.");
    return user;
  };
  const create = (round: number) => {
    new S3Client({ region: "eu-west-1", credentials: userAt(round).getCredentials });
  };
  const reuse = (round: number) => {
    userAt(round).awsClient(S3Client, { region: "eu-west-1" });
  };
  const rows = [
    { what: "`new S3Client()` for each request", microseconds: microsecondsOf(create) },
    { what: "`awsClient(S3Client)`, kept for each user", microseconds: microsecondsOf(reuse) },
  ];
  await sessions.close();
  return rows;
}

function microsecondsOf(work: (round: number) => void): number {
  for (let round = 0; round < ROUNDS / 4; round += 1) work(round);
  const startedMs = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) work(round);
  return ((performance.now() - startedMs) * 1000) / ROUNDS;
}
