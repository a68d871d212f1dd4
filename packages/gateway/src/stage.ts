import type { FastifyReply, FastifyRequest } from "fastify";
import type { Problem } from "./problems/problem.ts";

/** Ends a request with a problem. */
export type Refuse = (request: FastifyRequest, reply: FastifyReply, found: Problem) => void;

/** One stage of a request: lets it go on by `done`, or ends it. */
export type Stage = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;
