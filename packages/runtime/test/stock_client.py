"""A client of the inventory contract that knows nothing of Kerf: stock grpcio, stubs from the .proto, reflection.

Usage: stock_client.py ADDRESS PROTO_FOLDER PROTO_FILE. Prints one JSON object of what it saw.
"""

import importlib
import json
import os
import sys
import tempfile

import grpc
from google.protobuf import descriptor_pb2
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2 as reflection_alpha
from grpc_reflection.v1alpha import reflection_pb2_grpc as reflection_alpha_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status
from grpc_tools import protoc


def generate(folder, proto, out):
    """Runs protoc, and gives the modules and the descriptor that it made."""
    descriptors = os.path.join(out, "descriptors")
    arguments = ["protoc", f"-I{folder}", f"--python_out={out}", f"--grpc_python_out={out}"]
    if protoc.main([*arguments, f"--descriptor_set_out={descriptors}", proto]) != 0:
        sys.exit("protoc refused the file")
    sys.path.insert(0, out)
    module = proto.removesuffix(".proto").replace("/", ".")
    files = descriptor_pb2.FileDescriptorSet.FromString(open(descriptors, "rb").read()).file
    return importlib.import_module(f"{module}_pb2"), importlib.import_module(f"{module}_pb2_grpc"), files[0]


def failure(call):
    """The status and details of a call that must fail."""
    try:
        call()
    except grpc.RpcError as error:
        return error, rpc_status.from_call(error)
    sys.exit("a call succeeded that must fail")


def detail(status, message):
    """The first detail of that type."""
    return next((message for one in status.details if one.Unpack(message)), None)


def calls(channel, pb, stub):
    stock = stub.Stock(pb.StockRequest(sku="tea"), timeout=5)
    reserved = stub.Reserve(
        pb.ReserveRequest(
            order_id="o-1",
            lines=[pb.ReserveRequest.Lines(sku="tea", quantity=2)],
            by=pb.ReserveRequest.By(person=pb.ReserveRequest.By.Person(name="Ada")),
            prices={"tea": pb.ReserveRequest.Prices(value=250), "free": pb.ReserveRequest.Prices()},
            note=pb.ReserveRequest.Note(value="fragile"),
        ),
        timeout=5,
    )
    short, status = failure(lambda: stub.Reserve(pb.ReserveRequest(order_id="short"), timeout=5))
    info = detail(status, error_details_pb2.ErrorInfo())
    data = detail(status, pb.ReserveErrors.OutOfStock())
    invalid, status = failure(lambda: stub.Reserve(pb.ReserveRequest(order_id="invalid"), timeout=5))
    bad = detail(status, error_details_pb2.BadRequest())
    busy, status = failure(lambda: stub.Reserve(pb.ReserveRequest(order_id="busy"), timeout=5))
    retry = detail(status, error_details_pb2.RetryInfo())
    late, _ = failure(lambda: stub.Reserve(pb.ReserveRequest(order_id="late"), timeout=0.2))
    unknown = channel.unary_unary("/kerf.inventory.v1.Inventory/Nothing")
    missing, _ = failure(lambda: unknown(b"", timeout=5))
    large, _ = failure(lambda: stub.Stock(pb.StockRequest(sku="x" * 5_000_000), timeout=5))
    return {
        "left": stock.left,
        "hasNote": stock.HasField("note"),
        "note": stock.note.HasField("value"),
        "reservation": reserved.reservation,
        "short": [short.code().name, info.reason, info.domain, data.sku, data.left],
        "invalid": [invalid.code().name, invalid.details()]
        + [[one.field, one.description] for one in bad.field_violations],
        "busy": [busy.code().name, retry.retry_delay.ToMilliseconds()],
        "late": late.code().name,
        "missing": missing.code().name,
        "large": large.code().name,
    }


def health(channel):
    stub = health_pb2_grpc.HealthStub(channel)
    names = ["", "kerf.inventory.v1.Inventory"]
    checked = [stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5).status for name in names]
    nobody, _ = failure(lambda: stub.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=5))
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=names[1]), timeout=5)
    first = next(watch).status
    watch.cancel()
    return {"checked": checked, "nobody": nobody.code().name, "watched": first}


def reflection(channel, expected):
    database = ProtoReflectionDescriptorDatabase(channel)
    by_symbol = database.FindFileContainingSymbol("kerf.inventory.v1.ReserveRequest.Lines")
    stub = reflection_alpha_grpc.ServerReflectionStub(channel)
    listed = reflection_alpha.ServerReflectionRequest(list_services="")
    unknown = reflection_alpha.ServerReflectionRequest(file_containing_symbol="no.such.Thing")
    answers = list(stub.ServerReflectionInfo(iter([listed, unknown]), timeout=5))
    others = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"]
    return {
        "services": sorted(database.get_services()),
        "alpha": sorted(service.name for service in answers[0].list_services_response.service),
        "unknown": answers[1].error_response.error_code,
        "sameAsProtoc": by_symbol == expected and database.FindFileByName(expected.name) == expected,
        "difference": "" if by_symbol == expected else f"{by_symbol}\n--- protoc:\n{expected}",
        "others": [database.FindFileContainingSymbol(name).package for name in others],
    }


def reflection_v1(channel):
    """The same messages under the newer name, which this package has no stubs for."""
    method = channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_alpha.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_alpha.ServerReflectionResponse.FromString,
    )
    request = reflection_alpha.ServerReflectionRequest(file_containing_symbol="kerf.inventory.v1.Inventory.Stock")
    (answer,) = method(iter([request]), timeout=5)
    return len(answer.file_descriptor_response.file_descriptor_proto)


def main():
    address, folder, proto = sys.argv[1:]
    with tempfile.TemporaryDirectory() as out, grpc.insecure_channel(address) as channel:
        pb, pb_grpc, expected = generate(folder, proto, out)
        stub = pb_grpc.InventoryStub(channel)
        seen = {
            "calls": calls(channel, pb, stub),
            "health": health(channel),
            "reflection": reflection(channel, expected),
            "reflectionV1": reflection_v1(channel),
        }
    print(json.dumps(seen))


main()
