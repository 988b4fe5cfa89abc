// Requests without types, for programs that ask every operation of the document.
import { present, variable } from "./checks.js";
import type { Operation } from "./contract_document.js";

const base = variable("PANEL_URL");
// Nothing has it.
const NO_ID = "999999999";

export interface Asked {
  status: number;
  body: unknown;
}

export async function ask(method: string, url: string, token?: string, body?: unknown): Promise<Asked> {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const init: RequestInit = { method, headers };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  const response = await fetch(base + url, init);
  const text = await response.text();
  const isJson = /^application\/json(;|$)/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, body: isJson ? JSON.parse(text) : undefined };
}

export async function logIn(username: string, password: string): Promise<string> {
  const { body } = await ask("POST", "/api/v1/auth/login", undefined, { username, password });
  return present((body as { data?: { access_token?: string } }).data?.access_token, `access token of ${username}`);
}

// Path parameters are filled with what no resource is named by.
export function urlOf(path: string, operation: Operation): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = operation.parameters?.find((known) => known.in === "path" && known.name === name);
    return parameter?.schema.type === "integer" ? NO_ID : "f".repeat(32);
  });
}
