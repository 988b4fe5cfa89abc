// Asks every operation of the document for what anybody may ask without harm, and checks each answer against it.
import { type Asked, ask, logIn, urlOf } from "./asking.js";
import { check, equal, expectNone, finish, variable } from "./checks.js";
import { Contract, type Operation } from "./contract_document.js";

const contract = new Contract(variable("CONTRACT_DOCUMENT"));

async function makeUser(): Promise<string> {
  const person = { username: "sweeper", email: "sweeper@example.com", password: "SecureP@ss123" };
  equal((await ask("POST", "/api/v1/auth/register", undefined, person)).status, 201, "status of register");
  return logIn(person.username, person.password);
}

function expectDescribed(method: string, path: string, asked: Asked): void {
  expectNone(contract.wrongAnswer(method, path, asked.status, asked.body));
}

function isPublic(operation: Operation): boolean {
  return operation.security.length === 0;
}

function needsQuery(operation: Operation): boolean {
  return operation.parameters?.some((parameter) => parameter.in !== "path" && parameter.required === true) ?? false;
}

async function askWithoutToken(method: string, path: string, operation: Operation): Promise<void> {
  if (isPublic(operation)) return;
  const asked = await ask(method, urlOf(path, operation));
  equal(asked.status, 401, `${method} ${path} without a token`);
  expectDescribed(method, path, asked);
}

// Also where no token is needed: one that is sent is checked.
async function askWithBadToken(method: string, path: string, operation: Operation): Promise<void> {
  const asked = await ask(method, urlOf(path, operation), "not-a-token");
  equal(asked.status, 401, `${method} ${path} with a bad token`);
  expectDescribed(method, path, asked);
}

async function read(method: string, path: string, operation: Operation, tokens: string[]): Promise<void> {
  for (const token of tokens) {
    const url = urlOf(path, operation);
    const asked = await ask(method, url, token);
    expectDescribed(method, path, asked);
    const odd = await ask(method, `${url}?no_such_parameter=1`, token);
    check(odd.status >= 400, `${method} ${path} takes an unknown query parameter`);
    expectDescribed(method, path, odd);
    if (path.includes("{") || needsQuery(operation)) continue;
    check(asked.status === 200 || asked.status === 403, `${method} ${path} answers ${asked.status}`);
  }
}

// A body that no operation takes changes nothing.
async function writeNonsense(method: string, path: string, operation: Operation, tokens: string[]): Promise<void> {
  if (operation.requestBody === undefined) return;
  for (const token of tokens) {
    const asked = await ask(method, urlOf(path, operation), token, { no_such_member: true });
    check(asked.status >= 400, `${method} ${path} takes an unknown member`);
    expectDescribed(method, path, asked);
  }
}

async function askWhatIsNotThere(): Promise<void> {
  const wrongMethod = await ask("DELETE", "/api/v1/openapi.json");
  equal(wrongMethod.status, 405, "status of a wrong method");
  expectNone(contract.wrongError(wrongMethod.body));
  const nowhere = await ask("GET", "/api/v1/no-such-path");
  equal(nowhere.status, 404, "status of an unknown path");
  expectNone(contract.wrongError(nowhere.body));
}

const tokens = [await logIn("admin", variable("NEXUS_ADMIN_PASSWORD")), await makeUser()];
for (const { method, path, operation } of contract.operations()) {
  await askWithoutToken(method, path, operation);
  await askWithBadToken(method, path, operation);
  if (method === "GET") await read(method, path, operation, tokens);
  else await writeNonsense(method, path, operation, tokens);
}
await askWhatIsNotThere();
finish("sweep");
