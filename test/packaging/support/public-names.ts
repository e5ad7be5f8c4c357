import { join } from "node:path";
import ts from "typescript6";
import { entryDeclarations } from "../../../.ci/declarations.js";
import { ERROR_TABLE } from "../../../src/errors/table.js";
import type { PackedPackage } from "./packed-package.js";

/** Where there are more, they are error codes, which are listed under their own name. */
const MOST_TEXTS = 8;

/** What users' code can name. Every list is sorted. */
export interface PublicNames {
  /** By entry point: values, and what only the compiler knows. */
  readonly exports: Readonly<Record<string, { readonly values: readonly string[]; readonly types: readonly string[] }>>;
  /** By type: its members, `?` after those that may be left out; of a choice of texts, the texts. */
  readonly members: Readonly<Record<string, readonly string[]>>;
  /** Error codes, with their HTTP status. */
  readonly errors: Readonly<Record<string, number>>;
  readonly programs: readonly string[];
}

/** Reads the packed declarations, as a consumer's compiler does. */
export function publicNames({ folder, manifest, entryPoints }: PackedPackage): PublicNames {
  const files = entryDeclarations(folder, manifest.exports);
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
  });
  const reader = new DeclarationReader(program.getTypeChecker(), join(folder, "dist"));
  const modules = entryPoints.map((name, index) => {
    const file = program.getSourceFile(files[index] ?? "");
    if (file === undefined) throw new Error(`${name} has no declarations.`);
    return [name, reader.read(file)] as const;
  });
  return {
    exports: Object.fromEntries(modules),
    members: Object.fromEntries([...reader.members].sort()),
    errors: Object.fromEntries(
      Object.entries(ERROR_TABLE)
        .map(([code, { status }]) => [code, status])
        .sort(),
    ),
    programs: Object.keys(manifest.bin ?? {}).sort(),
  };
}

class DeclarationReader {
  readonly members = new Map<string, readonly string[]>();
  readonly #checker: ts.TypeChecker;
  readonly #own: string;

  /** @param own folder of the package's own declarations: what comes from elsewhere is not ours to promise */
  constructor(checker: ts.TypeChecker, own: string) {
    this.#checker = checker;
    this.#own = own;
  }

  read(file: ts.SourceFile): PublicNames["exports"][string] {
    const module = this.#checker.getSymbolAtLocation(file);
    const values: string[] = [];
    const types: string[] = [];
    for (const exported of module === undefined ? [] : this.#checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(exported) : exported;
      const isTypeOnly = exported.declarations?.some((each) => ts.isTypeOnlyImportOrExportDeclaration(each)) === true;
      (symbol.flags & ts.SymbolFlags.Value && !isTypeOnly ? values : types).push(exported.name);
      const members = this.#membersOf(symbol);
      if (members.length > 0) this.members.set(exported.name, members);
    }
    return { values: values.sort(), types: types.sort() };
  }

  #membersOf(symbol: ts.Symbol): readonly string[] {
    const type = this.#checker.getDeclaredTypeOfSymbol(symbol);
    const found = choicesOf(type).flatMap((each) => (each.isStringLiteral() ? [each.value] : this.#propertiesOf(each)));
    const isClass = (symbol.flags & ts.SymbolFlags.Class) !== 0;
    const ofClass = isClass ? this.#propertiesOf(this.#checker.getTypeOfSymbol(symbol)) : [];
    return [...new Set([...found, ...ofClass.map((name) => `static ${name}`)])].sort();
  }

  #propertiesOf(type: ts.Type): readonly string[] {
    return this.#checker
      .getPropertiesOfType(type)
      .filter((each) => this.#isPublic(each))
      .map((each) => this.#spell(each));
  }

  #isPublic({ name, declarations = [] }: ts.Symbol): boolean {
    const hidden = ts.ModifierFlags.NonPublicAccessibilityModifier;
    // Well-known symbols begin with two underscores in the compiler.
    if (/^(?:#|__)/.test(name) || declarations.some((each) => ts.getCombinedModifierFlags(each) & hidden)) return false;
    return declarations.some((each) => each.getSourceFile().fileName.startsWith(this.#own));
  }

  /** Of a member that takes or tells one of some texts, with these: `type: signedIn`, `credentials?: eager | lazy`. */
  #spell(member: ts.Symbol): string {
    const isOptional = (member.flags & ts.SymbolFlags.Optional) !== 0;
    const name = isOptional ? `${member.name}?` : member.name;
    const type = this.#checker.getTypeOfSymbol(member);
    const given = choicesOf(type).filter((each) => !(each.flags & ts.TypeFlags.Undefined));
    if (given.length > MOST_TEXTS || !given.every((each) => each.isStringLiteral())) return name;
    return `${name}: ${given
      .map(({ value }) => value)
      .sort()
      .join(" | ")}`;
  }
}

function choicesOf(type: ts.Type): readonly ts.Type[] {
  return type.isUnion() ? type.types : [type];
}
