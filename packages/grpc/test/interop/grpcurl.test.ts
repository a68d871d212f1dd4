import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { health, reflection, serve, type Server } from "../../src/index.ts";
import { testServer } from "./test-service.ts";
import { run, tool } from "./tools.ts";

const grpcurl = tool("grpcurl");

describe.runIf(grpcurl !== undefined)("grpcurl against our server", () => {
  let server: Server;
  beforeAll(async () => {
    const services = [testServer, health({ "grpc.testing.TestService": "NOT_SERVING" })];
    server = await serve({ services: [...services, ...reflection(services)] });
  });
  afterAll(() => server.close());

  const ask = async (...args: string[]): Promise<string> => {
    const at = args.findIndex((arg) => !arg.startsWith("-") && !arg.startsWith("{"));
    const all = ["-plaintext", ...args.slice(0, at), server.address, ...args.slice(at)];
    return (await run(grpcurl!, all)).output;
  };

  it("lists services by reflection", async () => {
    expect((await ask("list")).trim().split("\n")).toEqual([
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "grpc.testing.TestService",
    ]);
  });

  it("describes a service and a message", async () => {
    expect(await ask("describe", "grpc.testing.TestService")).toContain(
      "rpc FullDuplexCall ( stream .grpc.testing.StreamingOutputCallRequest ) returns ( stream .grpc.testing.StreamingOutputCallResponse );",
    );
    expect(await ask("describe", "grpc.testing.ResponseParameters")).toContain("int32 interval_us = 2;");
  });

  it("calls with JSON, which needs the descriptors to be right", async () => {
    const reply = await ask(
      '-d={"response_size": 3, "payload": {"body": "AAAA"}}',
      "grpc.testing.TestService/UnaryCall",
    );
    expect(JSON.parse(reply)).toEqual({ payload: { body: "AAAA" } });
    const failed = await ask(
      '-d={"response_status": {"code": 5, "message": "no such thing"}}',
      "grpc.testing.TestService/UnaryCall",
    );
    expect(failed).toContain("NotFound");
    expect(failed).toContain("no such thing");
  });

  it("asks for the health", async () => {
    expect(JSON.parse(await ask("grpc.health.v1.Health/Check"))).toEqual({ status: "SERVING" });
    const named = await ask('-d={"service": "grpc.testing.TestService"}', "grpc.health.v1.Health/Check");
    expect(JSON.parse(named)).toEqual({ status: "NOT_SERVING" });
  });
});
