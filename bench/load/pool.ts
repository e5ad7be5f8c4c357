import { Connection } from "./connection.js";

const pools = new Map<number, Connection[]>();

/** Exactly so many open connections to a server. They are kept from slice to slice: opening them is not measured. */
export async function connectionsTo(port: number, count: number): Promise<readonly Connection[]> {
  const known = (pools.get(port) ?? []).filter(({ isOpen }) => isOpen);
  for (const surplus of known.splice(count)) surplus.close();
  while (known.length < count) known.push(await Connection.open(port));
  pools.set(port, known);
  return known;
}
