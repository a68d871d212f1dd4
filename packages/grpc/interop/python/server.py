"""The echo service of the tests with grpcio; writes its port, runs until it is killed."""

from concurrent import futures
import time
import grpc

identity = lambda message: message


def unary(request, context):
    metadata = dict(context.invocation_metadata())
    if "x-text" in metadata:
        context.send_initial_metadata((("x-text", metadata["x-text"]),))
    if "x-bytes-bin" in metadata:
        context.set_trailing_metadata((("x-bytes-bin", metadata["x-bytes-bin"]),))
    return request


def down(request, context):
    for _ in range(int(request)):
        yield b"x" * 1000


def up(requests, context):
    return str(sum(len(request) for request in requests)).encode()


def chat(requests, context):
    yield from requests


def fail(request, context):
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, request.decode())


def hang(request, context):
    while context.is_active():
        time.sleep(0.02)
    return b""


handlers = grpc.method_handlers_generic_handler(
    "interop.Echo",
    {
        "Unary": grpc.unary_unary_rpc_method_handler(unary, identity, identity),
        "Down": grpc.unary_stream_rpc_method_handler(down, identity, identity),
        "Up": grpc.stream_unary_rpc_method_handler(up, identity, identity),
        "Chat": grpc.stream_stream_rpc_method_handler(chat, identity, identity),
        "Fail": grpc.unary_unary_rpc_method_handler(fail, identity, identity),
        "Hang": grpc.unary_unary_rpc_method_handler(hang, identity, identity),
    },
)
server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), compression=grpc.Compression.Gzip)
server.add_generic_rpc_handlers((handlers,))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(f"port {port}", flush=True)
server.wait_for_termination()
