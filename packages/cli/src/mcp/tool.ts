import type { DatabaseSync } from "node:sqlite";
import type { Operations, ServiceOperations } from "@kerf/runtime";
import type { z } from "zod";
import type { DashboardClient } from "../dashboard-client.ts";
import type { Describer } from "./description.ts";

/** Where tools have what they tell from. */
export interface Sources {
  readonly describer: Describer;
  /** What the dashboard has kept. @throws Failure where there is nothing yet */
  telemetry<T>(work: (database: DatabaseSync) => T): Promise<Awaited<T>>;
  /** The databases of the services. @throws Failure where the application has not run yet */
  records<T>(
    work: (services: readonly ServiceOperations[], operations: Operations) => Promise<T>,
  ): Promise<T>;
  /** The dashboard of a running `kerf dev`. @throws Failure where none runs */
  client(): DashboardClient;
  readonly allowCalls: boolean;
  readonly allowOperations: boolean;
}

/** One thing that an assistant can ask for. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  /** For the assistant: what it tells, and when to use it. */
  readonly description: string;
  readonly input: z.ZodRawShape;
  /** It changes something. */
  readonly changes: boolean;
  /** Resolves to an object for JSON, of whatever size. @throws Error whose message says what to do */
  run(given: Record<string, unknown>): Promise<object>;
}

/** Keeps the types of what is given, and forgets them for the list of tools. */
export function tool<const S extends z.ZodRawShape>(
  spec: Omit<Tool, "input" | "run" | "changes"> & {
    readonly input: S;
    readonly changes?: boolean;
    run(given: z.infer<z.ZodObject<S>>): Promise<object>;
  },
): Tool {
  return { changes: false, ...spec } as unknown as Tool;
}
