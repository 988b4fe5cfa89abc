// Every answer in the document has an example, and those of the API's own specification are test cases: they match the
// document's schemas, and are its examples.
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

import { check, expectNone, finish, variable } from "./checks.js";
import { Contract } from "./contract_document.js";

interface SeedExample {
  operation: string;
  query?: string[];
  request?: unknown;
  status: number;
  response: Envelope;
}

interface Envelope {
  code: number;
  message: string;
  request_id?: string;
  data?: { pagination?: Record<string, unknown> };
}

// What every answer of this panel has beside what the specification shows.
const ADDED_TO_PAGES = ["has_next", "has_prev"];
const REQUEST_ID = "0".repeat(32);

const contract = new Contract(variable("CONTRACT_DOCUMENT"));
const examples = JSON.parse(readFileSync("seed_examples.json", "utf8")) as SeedExample[];

// The example as this panel would answer it.
function completed(response: Envelope): Envelope {
  const out = structuredClone(response);
  if (out.code >= 40_000) out.request_id = REQUEST_ID;
  const pagination = out.data?.pagination;
  for (const name of pagination === undefined ? [] : ADDED_TO_PAGES) pagination![name] ??= true;
  return out;
}

// The document's example without what the specification does not show.
function reduced(example: unknown): unknown {
  const out = structuredClone(example) as Envelope;
  if (out.code >= 40_000) out.request_id = REQUEST_ID;
  const pagination = out.data?.pagination;
  if (pagination !== undefined) out.data!.pagination = { ...pagination, has_next: true, has_prev: true };
  return out;
}

function expectExample(name: string, found: unknown[], wanted: unknown): void {
  const shown = found.map((example) => JSON.stringify(example)).join("\n    ");
  check(
    found.some((example) => isDeepStrictEqual(example, wanted)),
    `${name}: the document's example is\n    ${shown || "not there"}\n  not\n    ${JSON.stringify(wanted)}`,
  );
}

for (const { method, path, operation } of contract.operations()) {
  for (const status of Object.keys(operation.responses)) {
    if (!contract.answersJson(method, path, status)) continue;
    check(contract.answerExamples(method, path, status).length > 0, `${method} ${path} ${status} has no example`);
  }
}
for (const seed of examples) {
  const [method = "", path = ""] = seed.operation.split(" ");
  const name = `${seed.operation} ${seed.status}`;
  const wanted = completed(seed.response);
  expectNone(contract.wrongAnswer(method, path, seed.status, wanted));
  expectExample(name, contract.answerExamples(method, path, `${seed.status}`).map(reduced), wanted);
  const parameters = contract.operation(method, path)?.parameters?.map((parameter) => parameter.name) ?? [];
  for (const query of seed.query ?? []) check(parameters.includes(query), `${seed.operation} does not take ${query}`);
  if (seed.request === undefined) continue;
  expectNone(contract.wrongRequest(method, path, seed.request));
  expectExample(`the request of ${seed.operation}`, contract.requestExamples(method, path), seed.request);
}
finish("examples");
