/** What an order needs to know of a service. */
export interface GraphNode {
  name: string;
  needs: readonly string[];
}

/**
 * Names in an order in which everything comes after what it needs.
 * @throws Error on a cycle or an unknown name: a defect of the table of services.
 */
export function startOrder(nodes: readonly GraphNode[]): string[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const order: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (order.includes(name)) return;
    if (path.includes(name)) throw new Error(`services need each other: ${[...path, name].join(' → ')}`);
    const node = byName.get(name);
    if (node === undefined) throw new Error(`service ${path.at(-1) ?? ''} needs ${name}, which does not exist`);
    for (const need of node.needs) visit(need, [...path, name]);
    order.push(name);
  };
  for (const node of nodes) visit(node.name, []);
  return order;
}

/** Who needs this one directly: they have to end first. */
export const dependents = (nodes: readonly GraphNode[], name: string): string[] =>
  nodes.filter((node) => node.needs.includes(name)).map((node) => node.name);
