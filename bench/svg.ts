/** A drawing without its frame. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly subtitle: string;
  /** All figures in words, for those who do not see the drawing. */
  readonly description: string;
  /** Fill colours by class name. */
  readonly colours: readonly { readonly name: string; readonly light: string; readonly dark: string }[];
  /** Elements, each on its own lines. */
  readonly body: readonly string[];
  /** Style beyond what all drawings have. */
  readonly style?: string;
}

/** One file for light and dark. */
export function svg({ width, height, title, subtitle, description, colours, body, style = "" }: Drawing): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">
  <title id="title">${escaped(title)}</title>
  <desc id="description">${escaped(description)}</desc>
  <style>
    text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #24292f; }
    .title { font-size: 16px; font-weight: 600; }
    .operation { font-weight: 600; }
    .label { text-anchor: end; }
    .subtitle, .tick { fill: #57606a; }
    .tick { text-anchor: middle; font-size: 11px; }
    .grid { stroke: #d0d7de; }
    .background { fill: #ffffff; }
${style}${fills(colours, "light", "    ")}
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .subtitle, .tick { fill: #9198a1; }
      .grid { stroke: #3d444d; }
      .background { fill: #0d1117; }
${fills(colours, "dark", "      ")}
    }
  </style>
  <rect class="background" width="${width}" height="${height}" rx="6"/>
  <text class="title" x="16" y="28">${escaped(title)}</text>
  <text class="subtitle" x="16" y="47">${escaped(subtitle)}</text>
${body.join("\n")}
</svg>
`;
}

export function svgText(x: number, y: number, content: string, name: string): string {
  return `  <text class="${name}" x="${x.toFixed(1)}" y="${y}">${escaped(content)}</text>`;
}

function fills(colours: Drawing["colours"], scheme: "light" | "dark", indent: string): string {
  return colours.map(({ name, [scheme]: colour }) => `${indent}.${name} { fill: ${colour}; }`).join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
