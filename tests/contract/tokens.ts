// Whether the document tells the truth about API tokens: asks every operation with one that has a single scope.
import { ask, logIn, urlOf } from "./asking.js";
import { check, equal, expectNone, finish, present, variable } from "./checks.js";
import { Contract, type Operation } from "./contract_document.js";

const SCOPE = "servers.read";
const TOKENS = "/api/v1/users/me/tokens";
const password = variable("NEXUS_ADMIN_PASSWORD");
const contract = new Contract(variable("CONTRACT_DOCUMENT"));

interface Answered {
  code?: number;
  missing_scope?: string;
  data?: { secret?: string };
}

async function makeToken(): Promise<string> {
  const session = await logIn("admin", password);
  await ask("POST", "/api/v1/auth/step-up", session, { password });
  const made = await ask("POST", TOKENS, session, { name: "contract", scopes: [SCOPE] });
  expectNone(contract.wrongAnswer("POST", TOKENS, made.status, made.body));
  return present((made.body as Answered).data?.secret, "secret of an API token");
}

function takesTokens(operation: Operation): boolean {
  return operation.security.some((scheme) => "api_token" in scheme);
}

function lacksScope(operation: Operation): boolean {
  return operation["x-permission"] !== undefined && operation["x-permission"] !== SCOPE;
}

// What is refused changes nothing, so it is asked for; what is open is asked for only where it reads.
async function askWithToken(method: string, path: string, operation: Operation, token: string): Promise<void> {
  const refused = !takesTokens(operation) || lacksScope(operation) || operation["x-step-up"] === true;
  if (operation.security.length === 0 || (!refused && method !== "GET")) return;
  const asked = await ask(method, urlOf(path, operation), token);
  expectNone(contract.wrongAnswer(method, path, asked.status, asked.body));
  const name = `${method} ${path} with an API token`;
  if (!refused) return check(asked.status !== 401 && asked.status !== 403, `${name}: ${asked.status}`);
  equal(asked.status, 403, name);
  if (takesTokens(operation) && lacksScope(operation)) {
    equal((asked.body as Answered).missing_scope, operation["x-permission"], `missing_scope of ${name}`);
  }
}

// A panel whose plugins have no API tokens has nothing to tell.
if (contract.operation("POST", TOKENS) !== undefined) {
  const token = await makeToken();
  for (const { method, path, operation } of contract.operations()) await askWithToken(method, path, operation, token);
}
finish("tokens");
