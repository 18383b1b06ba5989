import { z } from "zod";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The JSON Schema of a schema as people write it: units as text, and keys with a default left out. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      // Bounds that only say "a number that can be counted with" help nobody.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      // Examples of a value that is transformed are left out by zod; ours are written as people write them.
      const examples = z.globalRegistry.get(zodSchema as unknown as z.ZodType)?.examples;
      if (Array.isArray(examples)) jsonSchema.examples = examples;
    },
  });
}
