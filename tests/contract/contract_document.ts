// The document as this test reads it, and whether a body is what it says.
import { readFileSync } from "node:fs";

import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";

import { closedDocument } from "./closed_schema.js";

export interface Media {
  schema?: { $ref?: string; example?: unknown };
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  schema: { type?: string };
}

export interface Answer {
  $ref?: string;
  content?: Record<string, Media>;
}

export interface Operation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Answer>;
  security: Record<string, string[]>[];
  "x-permission"?: string;
  "x-step-up"?: boolean;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { example?: unknown }>; responses: Record<string, Answer> };
}

const JSON_TYPE = "application/json";
const ID = "openapi.json";

// A part of the document, as the fragment of a URI.
function pointer(...steps: string[]): string {
  const escaped = steps.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1")));
  return `${ID}#/${escaped.join("/")}`;
}

export class Contract {
  private readonly document: Document;
  private readonly ajv: Ajv2020;
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(file: string) {
    this.document = JSON.parse(readFileSync(file, "utf8")) as Document;
    // Annotations of OpenAPI are no keywords of JSON Schema.
    this.ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
    formats.default(this.ajv);
    this.ajv.addFormat("password", true);
    this.ajv.addSchema(closedDocument(this.document), ID);
  }

  operations(): { method: string; path: string; operation: Operation }[] {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
    );
  }

  operation(method: string, path: string): Operation | undefined {
    return this.document.paths[path]?.[method.toLowerCase()];
  }

  // What is wrong with a body that was answered; undefined where nothing is. A status is never excused by "default".
  wrongAnswer(method: string, path: string, status: number, body: unknown): string | undefined {
    const name = `${method} ${path} ${status}`;
    const answer = this.operation(method, path)?.responses[`${status}`];
    if (answer === undefined) return `${name} is not described`;
    const media = this.resolved(answer).content?.[JSON_TYPE];
    if (media === undefined) return body === undefined ? undefined : `${name} is described without a JSON body`;
    return this.wrong(name, this.placeOfAnswer(method, path, `${status}`, answer), body);
  }

  // The same for an error that comes before the operation is known.
  wrongError(body: unknown): string | undefined {
    return this.wrong("an error", pointer("components", "schemas", "Error"), body);
  }

  wrongRequest(method: string, path: string, body: unknown): string | undefined {
    const steps = ["paths", path, method.toLowerCase(), "requestBody", "content", JSON_TYPE, "schema"];
    return this.wrong(`the request of ${method} ${path}`, pointer(...steps), body);
  }

  answersJson(method: string, path: string, status: string): boolean {
    return this.mediaOfAnswer(method, path, status) !== undefined;
  }

  answerExamples(method: string, path: string, status: string): unknown[] {
    return this.examples(this.mediaOfAnswer(method, path, status));
  }

  requestExamples(method: string, path: string): unknown[] {
    return this.examples(this.operation(method, path)?.requestBody?.content[JSON_TYPE]);
  }

  private examples(media: Media | undefined): unknown[] {
    if (media === undefined) return [];
    if (media.examples !== undefined) return Object.values(media.examples).map((example) => example.value);
    if (media.example !== undefined) return [media.example];
    const name = media.schema?.$ref?.split("/").at(-1);
    const schema = name === undefined ? media.schema : this.document.components.schemas[name];
    return schema?.example === undefined ? [] : [schema.example];
  }

  private mediaOfAnswer(method: string, path: string, status: string): Media | undefined {
    const answer = this.operation(method, path)?.responses[status];
    return answer === undefined ? undefined : this.resolved(answer).content?.[JSON_TYPE];
  }

  private resolved(answer: Answer): Answer {
    const name = answer.$ref?.split("/").at(-1);
    return name === undefined ? answer : (this.document.components.responses[name] ?? {});
  }

  private placeOfAnswer(method: string, path: string, status: string, answer: Answer): string {
    const name = answer.$ref?.split("/").at(-1);
    const steps = name === undefined ? ["paths", path, method.toLowerCase(), "responses", status] : ["components", "responses", name];
    return pointer(...steps, "content", JSON_TYPE, "schema");
  }

  private wrong(name: string, place: string, body: unknown): string | undefined {
    let validate = this.compiled.get(place);
    if (validate === undefined) {
      validate = this.ajv.compile({ $ref: place });
      this.compiled.set(place, validate);
    }
    if (validate(body)) return undefined;
    return `${name}: ${this.ajv.errorsText(validate.errors)} in ${JSON.stringify(body)?.slice(0, 600)}`;
  }
}
