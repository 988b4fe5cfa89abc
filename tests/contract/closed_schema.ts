// Schemas of answers are open, so that a client survives a member that comes later. This test must not: what the panel
// answers today has to be described today.
type Node = Record<string, unknown>;

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// Whether the schema says which members there are.
function namesMembers(schema: Node, named: Node): boolean {
  if (typeof schema["$ref"] !== "string") return "properties" in schema || "allOf" in schema;
  const target = named[schema["$ref"].split("/").at(-1) ?? ""];
  return isNode(target) && namesMembers(target, named);
}

// Closes a schema where a value is described by it alone, so not within allOf.
function close(schema: unknown, named: Node): void {
  if (isNode(schema) && namesMembers(schema, named)) schema["unevaluatedProperties"] = false;
}

function closeWithin(value: unknown, named: Node): void {
  if (Array.isArray(value)) value.forEach((child) => closeWithin(child, named));
  if (!isNode(value)) return;
  Object.values(value).forEach((child) => closeWithin(child, named));
  close(value["schema"], named);
  close(value["items"], named);
  if (isNode(value["properties"])) Object.values(value["properties"]).forEach((child) => close(child, named));
}

// A copy of the document whose schemas refuse members that nothing describes.
export function closedDocument<T extends { components: { schemas: Node } }>(document: T): T {
  const copy = structuredClone(document);
  closeWithin(copy, copy.components.schemas);
  return copy;
}
