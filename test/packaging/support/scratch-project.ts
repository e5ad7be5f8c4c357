import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packedPackage, ROOT, scratchFolder, unpack } from "./packed-package.js";

/** What a program that was run to its end came to. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A project of a user: the packed package is unpacked into its node_modules, and only what is named here stands beside
 * it, by links to what is installed for development. Nothing is downloaded.
 */
export class ScratchProject {
  readonly folder = scratchFolder();
  /** The package, as installed here. */
  readonly installed: string;

  /** @param neighbours packages that the user installed, besides the package's own dependencies */
  constructor(neighbours: readonly string[] = []) {
    const { tarball, manifest } = packedPackage();
    this.installed = join(this.folder, "node_modules", manifest.name);
    unpack(tarball, this.installed);
    for (const name of new Set([...Object.keys(manifest.dependencies), ...neighbours])) this.#link(name);
    this.write("package.json", JSON.stringify({ private: true, type: "module" }));
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Writes a program, runs it and gives what it printed. @throws {Error} where it fails, with what it said */
  run(name: string, source: string): string {
    this.write(name, source);
    return execFileSync(process.execPath, ["--no-warnings", name], {
      cwd: this.folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  }

  /** Runs Node with these arguments, whatever comes of it. */
  node(...args: readonly string[]): Ended {
    const env = { ...process.env, NO_COLOR: "1" };
    return spawnSync(process.execPath, args, {
      cwd: this.folder,
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  #link(name: string): void {
    const path = join(this.folder, "node_modules", name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(realpathSync(join(ROOT, "node_modules", name)), path);
  }
}
