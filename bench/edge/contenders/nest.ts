import "reflect-metadata";
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Module,
  Param,
  Post,
  UnauthorizedException,
  BadRequestException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type PipeTransform,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import type { Contender } from "../contender.ts";
import { validator, verifier } from "../peers.ts";
import { pathsOf, routes, schemasOf, type EdgeRoute } from "../routes.ts";

/** Nest with a guard and a pipe, the latter with Ajv: its usual class-validator is several times slower. */
export const nest: Contender = {
  async serve(issuer) {
    const personOf = verifier(issuer);
    class KnownGuard implements CanActivate {
      async canActivate(context: ExecutionContext): Promise<boolean> {
        const { headers } = context.switchToHttp().getRequest<{ headers: { authorization?: string } }>();
        if ((await personOf(headers.authorization)) === undefined) throw new UnauthorizedException();
        return true;
      }
    }
    class BenchController {
      readonly name = "bench";
    }
    for (const route of routes) {
      for (const { path, known } of pathsOf(route))
        handle(BenchController, route, path, known ? [KnownGuard] : []);
    }
    Controller()(BenchController);
    class BenchModule {
      readonly name = "bench";
    }
    Module({ controllers: [BenchController] })(BenchModule);
    const app = await NestFactory.create<NestFastifyApplication>(BenchModule, new FastifyAdapter(), {
      logger: false,
    });
    await app.listen(0, "127.0.0.1");
    return app.getUrl();
  },
};

/** Decorators by hand: Node runs TypeScript as it is, without their syntax. */
function handle(
  controller: new () => object,
  route: EdgeRoute,
  path: string,
  guards: readonly (new () => CanActivate)[],
): void {
  const name = path;
  const valid = validator(schemasOf(route).input);
  const pipe: PipeTransform = {
    transform(value: unknown) {
      if (!valid(value)) throw new BadRequestException();
      return value;
    },
  };
  Object.defineProperty(controller.prototype, name, {
    value: async (input: unknown) => route.answer(input),
    writable: true,
    configurable: true,
  });
  const descriptor = Object.getOwnPropertyDescriptor(controller.prototype, name)!;
  (route.method === "POST" ? Body(pipe) : Param(pipe))(controller.prototype, name, 0);
  (route.method === "POST" ? Post(path) : Get(path))(controller.prototype, name, descriptor);
  HttpCode(200)(controller.prototype, name, descriptor);
  if (guards.length > 0) UseGuards(...guards)(controller.prototype, name, descriptor);
  Reflect.defineMetadata("design:paramtypes", [Object], controller.prototype, name);
}
