import { readFileSync } from "node:fs";
import { join } from "node:path";

type Ranges = Readonly<Record<string, string>>;

/** One package of a lockfile, or the manifest itself. */
export interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Ranges;
  readonly optionalDependencies?: Ranges;
  readonly devDependencies?: Ranges;
  readonly peerDependencies?: Ranges;
  readonly scripts?: Ranges;
}

/** By path from the project's root; the project itself is `""`. */
export type LockedPackages = Readonly<Record<string, LockedPackage>>;

export interface Lockfile {
  readonly lockfileVersion: number;
  readonly packages: LockedPackages;
}

/** Packages of which the parts that are used stand in dist/: they are not installed with the package, but run with it. */
export const BUNDLED = ["cookie", "leven", "lru-cache", "valibot"] as const;

/** Reads a JSON file of npm's, whose form is known. */
export function readNpmFile<T>(folder: string, name: string): T {
  return JSON.parse(readFileSync(join(folder, name), "utf8")) as T;
}

/**
 * What those who use the package run, by path: what is installed with it, and what is bundled. The lockfile's own `dev` marks do not tell: they
 * leave out neither what an optional peer would bring nor what only development needs of it.
 */
export function runtimePackages(packages: LockedPackages): Map<string, LockedPackage> {
  const reached = new Map<string, LockedPackage>();
  const visit = (from: string, { dependencies, optionalDependencies }: LockedPackage): void => {
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const [path, found] = locate(packages, from, name);
      if (reached.has(path)) continue;
      reached.set(path, found);
      visit(path, found);
    }
  };
  const { dependencies, devDependencies } = packages[""] ?? {};
  visit("", { dependencies: { ...dependencies, ...bundledOf(devDependencies) } });
  return reached;
}

/** The ranges of what is bundled. */
export function bundledOf(devDependencies: Ranges = {}): Ranges {
  return Object.fromEntries(BUNDLED.map((name) => [name, devDependencies[name] ?? "missing"]));
}

/** As Node looks for a package: the nearest folder first. */
function locate(packages: LockedPackages, from: string, name: string): [path: string, found: LockedPackage] {
  const path = `${from === "" ? "" : `${from}/`}node_modules/${name}`;
  const found = packages[path];
  if (found !== undefined) return [path, found];
  if (from === "") throw new Error(`The lockfile has no ${name}.`);
  return locate(packages, from.slice(0, Math.max(0, from.lastIndexOf("/node_modules/"))), name);
}
