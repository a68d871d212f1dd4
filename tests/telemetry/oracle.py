"""A service that knows nothing of Kerf, instrumented with stock OpenTelemetry: tells fortunes over HTTP, and asks how to greet
over gRPC.

Usage: oracle.py GRPC_ADDRESS, with OTEL_EXPORTER_OTLP_ENDPOINT. Prints its port.
"""

import signal
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToJson
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.grpc import GrpcInstrumentorClient
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

plain = grpc.insecure_channel(sys.argv[1])

# #region instrument
provider = TracerProvider(resource=Resource.create({"service.name": "oracle"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=100))
trace.set_tracer_provider(provider)
GrpcInstrumentorClient().instrument()  # its calls carry the trace on
# #endregion
tracer = trace.get_tracer("oracle")

channel = grpc.insecure_channel(sys.argv[1])


def greet(name):
    """Asks greeter@1.greet, whose shape the server tells."""
    pool = DescriptorPool(ProtoReflectionDescriptorDatabase(plain))
    method = pool.FindServiceByName("kerf.greeter.v1.Greeter").FindMethodByName("Greet")
    call = channel.unary_unary(
        "/kerf.greeter.v1.Greeter/Greet",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    return call(GetMessageClass(method.input_type)(name=name), timeout=5)


def tell(environ, respond):
    with tracer.start_as_current_span("look into the future"):
        body = MessageToJson(greet(environ["PATH_INFO"].rsplit("/", 1)[1])).encode()
    respond("200 OK", [("content-type", "application/json"), ("content-length", str(len(body)))])
    return [body]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
# Takes over the context of whoever calls.
server = make_server("127.0.0.1", 0, OpenTelemetryMiddleware(tell), handler_class=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
