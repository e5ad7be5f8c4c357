/** A Markdown table that is also read well in a terminal. Numbers are on the right. */
export function markdownTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const cellsOf = (column: number) => [headers, ...rows].map((row) => row[column] ?? "");
  const isNumeric = headers.map((_header, column) => rows.every((row) => /^[\d<–]/.test(row[column] ?? "")));
  const widths = headers.map((_header, column) => Math.max(3, ...cellsOf(column).map((cell) => cell.length)));
  const pad = (cell: string, column: number) =>
    isNumeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  const rule = widths.map((width, column) => (isNumeric[column] ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  const lines = [headers.map(pad), rule, ...rows.map((row) => row.map(pad))];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Two digits that count below ten, and whole numbers with commas from there on. */
export function numberText(value: number): string {
  if (value === 0) return "0";
  if (value < 0.05) return "<0.1";
  if (value < 9.95) return value.toFixed(1);
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}
