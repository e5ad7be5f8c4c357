import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where a server finds its certificate, and the authority that its clients must trust. */
export interface Certificates {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** Makes an authority that nobody trusts, and a certificate of it for localhost, by openssl. */
export function makeCertificates(folder: string): Certificates {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const made = ["-newkey", "rsa:2048", "-nodes", "-subj"];
  openssl("req", "-x509", ...made, "/CN=test authority", "-days", "2", "-keyout", "ca.key", "-out", "ca.crt");
  openssl("req", ...made, "/CN=localhost", "-keyout", "redis.key", "-out", "redis.csr");
  writeFileSync(file("redis.ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  const signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "redis.ext"];
  openssl("x509", "-req", "-in", "redis.csr", ...signing, "-days", "2", "-out", "redis.crt");
  return { cert: file("redis.crt"), key: file("redis.key"), ca: readFileSync(file("ca.crt"), "utf8") };
}
