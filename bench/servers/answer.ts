/** What every server answers, so that they differ in how they authenticate and in nothing else. */
export const ANSWER = { id: 42, name: "Ada Lovelace", roles: ["reader", "editor"] } as const;
