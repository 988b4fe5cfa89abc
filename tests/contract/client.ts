// A client written by hand over the generated types: what it names has to exist in the document, and what it reads has to
// have the type that the document says. Every answer is checked against the document too.
import createClient, { type Middleware } from "openapi-fetch";

import { check, equal, expectNone, finish, present, variable } from "./checks.js";
import { Contract } from "./contract_document.js";
import type { components, paths } from "./schema.js";

type ApiError = components["schemas"]["Error"];
type Api = ReturnType<typeof createClient<paths>>;

const base = variable("PANEL_URL");
const contract = new Contract(variable("CONTRACT_DOCUMENT"));

const watch: Middleware = {
  async onResponse({ request, response, schemaPath }) {
    const text = await response.clone().text();
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    expectNone(contract.wrongAnswer(request.method, schemaPath, response.status, body));
    check(/^[0-9a-f]{32}$/.test(response.headers.get("x-request-id") ?? ""), `${schemaPath}: no X-Request-Id`);
  },
};

function client(token?: string): Api {
  const api = createClient<paths>({ baseUrl: base, headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } });
  api.use(watch);
  return api;
}

// An error has the declared type in every branch, so this compiles only while the document says so.
function expectError(error: ApiError | undefined, response: Response, status: number, code: number): ApiError {
  const found = present(error, `error of ${response.url}`);
  equal(response.status, status, `status of ${response.url}`);
  equal(found.code, code, `code of ${response.url}`);
  equal(found.request_id, response.headers.get("x-request-id"), "request_id of an error");
  return found;
}

const john = { username: "johndoe", email: "john@example.com", password: "SecureP@ss123" };

async function register(): Promise<number> {
  const made = await client().POST("/api/v1/auth/register", { body: { ...john, language: "zh-CN" } });
  const answer = present(made.data, "new user");
  equal(answer.code, 201, "code of register");
  equal(answer.message, "用户注册成功", "message of register");
  equal(answer.data.user.role, "user", "role of a new user");

  const again = await client().POST("/api/v1/auth/register", { body: { ...john, language: "zh-CN" } });
  expectError(again.error, again.response, 409, 40901);
  const bad = await client().POST("/api/v1/auth/register", { body: { ...john, email: "nowhere" } });
  const errors = present(expectError(bad.error, bad.response, 422, 42201).errors, "errors of a bad e-mail address");
  equal(errors[0]?.field, "email", "field of a bad e-mail address");
  return answer.data.user.id;
}

async function logIn(username: string, password: string): Promise<{ access: string; refresh: string }> {
  const { data } = await client().POST("/api/v1/auth/login", { body: { username, password } });
  const answer = present(data, `log-in of ${username}`).data;
  equal(answer.token_type, "Bearer", "token_type");
  equal(answer.user.username, username, "user of the log-in");
  return { access: answer.access_token, refresh: answer.refresh_token };
}

async function refresh(token: string): Promise<string> {
  const { data } = await client().POST("/api/v1/auth/refresh", { body: { refresh_token: token } });
  const answer = present(data, "new access token").data;
  check(answer.expires_in > 0, "expires_in of a refresh is not positive");
  return answer.access_token;
}

async function readUsers(admin: Api, id: number): Promise<void> {
  const { data } = await admin.GET("/api/v1/users", {
    params: { query: { page: 1, per_page: 5, role: "user", search: "john" } },
  });
  const list = present(data, "list of users").data;
  equal(list.users.length, 1, "users found");
  equal(list.users[0]?.username, john.username, "user found");
  equal(list.pagination.per_page, 5, "per_page");
  equal(list.pagination.has_next, false, "has_next");

  const one = present((await admin.GET("/api/v1/users/{id}", { params: { path: { id } } })).data, "user").data.user;
  equal(one.email, john.email, "e-mail address of the user");
  const nobody = await admin.GET("/api/v1/users/{id}", { params: { path: { id: 999_999 } } });
  expectError(nobody.error, nobody.response, 404, 40401);
  const tooMany = await admin.GET("/api/v1/users", { params: { query: { per_page: 101 } } });
  expectError(tooMany.error, tooMany.response, 400, 40000);
}

// One without any way to log in to it.
async function addServer(admin: Api): Promise<void> {
  const body = { name: "Contract server", host: "192.0.2.10", port: 22, ssh_user: "root" };
  const added = present((await admin.POST("/api/v1/servers", { body })).data, "new server");
  equal(added.message, "服务器添加成功", "message of a new server");
  const server = added.data.server;
  equal(server.status, "unknown", "status of a new server");
  const same = await admin.POST("/api/v1/servers", { body });
  expectError(same.error, same.response, 409, 40901);

  const list = present((await admin.GET("/api/v1/servers", { params: { query: { search: "contract" } } })).data, "list of servers");
  equal(list.data.servers[0]?.id, server.id, "server found");
  const read = present((await admin.GET("/api/v1/servers/{id}", { params: { path: { id: server.id } } })).data, "server");
  equal(read.data.server.host, body.host, "host of the server");
}

async function logOut(token: string): Promise<void> {
  const done = present((await client(token).POST("/api/v1/auth/logout")).data, "log-out");
  equal(done.message, "登出成功", "message of the log-out");
  check(!("data" in done), "a log-out answers data");
  const after = await client(token).GET("/api/v1/users/me");
  expectError(after.error, after.response, 401, 40003);
}

async function useEverything(): Promise<void> {
  const id = await register();
  const wrong = await client().POST("/api/v1/auth/login", { body: { username: john.username, password: "wrong-password" } });
  equal(expectError(wrong.error, wrong.response, 401, 40001).details, "用户名或密码不正确", "details of a wrong password");
  const tokens = await logIn(john.username, john.password);
  const access = await refresh(tokens.refresh);
  const forbidden = await client(access).GET("/api/v1/users");
  expectError(forbidden.error, forbidden.response, 403, 40301);

  const admin = client((await logIn("admin", variable("NEXUS_ADMIN_PASSWORD"))).access);
  await readUsers(admin, id);
  await addServer(admin);
  await logOut(access);
}

// With a panel that holds log-ins back.
async function goTooFast(): Promise<void> {
  for (let attempt = 0; attempt < 30; ++attempt) {
    const { error, response } = await client().POST("/api/v1/auth/login", { body: { username: "nobody", password: "wrong-password" } });
    if (response.status !== 429) continue;
    expectError(error, response, 429, 42901);
    check(Number(response.headers.get("retry-after")) > 0, "429 without Retry-After");
    equal(response.headers.get("x-ratelimit-remaining"), "0", "X-RateLimit-Remaining");
    return;
  }
  check(false, "nothing held the log-ins back");
}

await (process.argv[2] === "limited" ? goTooFast() : useEverything());
finish("client");
