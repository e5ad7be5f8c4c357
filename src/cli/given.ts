import { parseArgs } from "node:util";
import type { Flags } from "./command.js";
import { quoted, suggest, UsageError } from "./usage-error.js";

/** What was given on the command line, checked against what there is. */
export class Given {
  readonly #texts = new Map<string, string[]>();
  readonly #switches = new Set<string>();
  readonly positionals: readonly string[];

  /** @throws {UsageError} */
  constructor(args: readonly string[], flags: Flags, maxPositionals: number) {
    const options = Object.fromEntries(
      Object.entries(flags).map(([name, { type, short }]) => [
        name,
        { type, multiple: true, ...(short === undefined ? {} : { short }) },
      ]),
    );
    const { tokens, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: false,
      tokens: true,
    });
    for (const token of tokens) if (token.kind === "option") this.#take(token, flags);
    if (positionals.length > maxPositionals) {
      const most = maxPositionals === 0 ? "no argument" : "one argument";
      throw new UsageError(`This command takes ${most} beside its options.`);
    }
    this.positionals = positionals;
  }

  has(name: string): boolean {
    return this.#switches.has(name);
  }

  /** The value that was given last, without white space around it. */
  text(name: string): string | undefined {
    return this.#texts.get(name)?.at(-1);
  }

  texts(name: string): readonly string[] {
    return this.#texts.get(name) ?? [];
  }

  /** @throws {UsageError} for what is no number */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^\d+(?:\.\d+)?$/.test(text)) throw new UsageError(`\`--${name}\` takes a number.`);
    return Number(text);
  }

  #take({ name, rawName, value, inlineValue }: OptionToken, flags: Flags): void {
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined) {
      throw new UsageError(`There is no option${quoted(rawName)}.${suggest(name, Object.keys(flags), "--")}`);
    }
    if (flag.type === "boolean") {
      if (value !== undefined) throw new UsageError(`\`--${name}\` takes no value.`);
      this.#switches.add(name);
      return;
    }
    const text = value?.trim() ?? "";
    // What begins with a dash is the next option; a dash alone is a value. Written with "=" it is meant.
    if (text === "" || (!inlineValue && /^-./.test(text))) throw new UsageError(`\`--${name}\` needs a value.`);
    const known = this.#texts.get(name) ?? [];
    if (known.length > 0 && flag.multiple !== true) throw new UsageError(`\`--${name}\` was given twice.`);
    this.#texts.set(name, [...known, text]);
  }
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}
