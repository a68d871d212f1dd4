"""Calls every kind of method of a server with grpcio: client.py PORT [CA]. Writes one line for each thing that held."""

import sys
import grpc

PATH = "/interop.Echo/"
identity = lambda message: message


def main(port, ca):
    if ca is None:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    else:
        credentials = grpc.ssl_channel_credentials(open(ca, "rb").read())
        options = [("grpc.ssl_target_name_override", "localhost")]
        channel = grpc.secure_channel(f"127.0.0.1:{port}", credentials, options)
    with channel:
        unary = channel.unary_unary(PATH + "Unary", identity, identity)
        reply, call = unary.with_call(b"hello", metadata=(("x-text", "value"), ("x-bytes-bin", b"\x00\xff\x01")), timeout=10)
        assert reply == b"hello", reply
        assert ("x-text", "value") in call.initial_metadata(), call.initial_metadata()
        assert ("x-bytes-bin", b"\x00\xff\x01") in call.trailing_metadata(), call.trailing_metadata()
        print("unary with metadata")

        large = bytes(range(256)) * 8192
        assert unary(large, timeout=10) == large
        print("2 MB")

        assert unary(large, timeout=10, compression=grpc.Compression.Gzip) == large
        print("gzip")

        futures = [unary.future(str(n).encode(), timeout=20) for n in range(500)]
        assert [future.result() for future in futures] == [str(n).encode() for n in range(500)]
        print("500 at once")

        down = channel.unary_stream(PATH + "Down", identity, identity)
        assert sum(len(message) for message in down(b"2000", timeout=20)) == 2000 * 1000
        print("server stream")

        up = channel.stream_unary(PATH + "Up", identity, identity)
        assert up((b"x" * 1000 for _ in range(2000)), timeout=20) == b"2000000"
        print("client stream")

        chat = channel.stream_stream(PATH + "Chat", identity, identity)
        assert list(chat((str(n).encode() for n in range(1000)), timeout=20)) == [str(n).encode() for n in range(1000)]
        print("bidirectional stream")

        fail = channel.unary_unary(PATH + "Fail", identity, identity)
        try:
            fail("grüße 100 %".encode(), timeout=10)
            raise AssertionError("it should have failed")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error
            assert error.details() == "grüße 100 %", error.details()
        print("status")

        hang = channel.unary_unary(PATH + "Hang", identity, identity)
        try:
            hang(b"", timeout=0.1)
            raise AssertionError("it should have timed out")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error
        future = hang.future(b"", timeout=10)
        future.cancel()
        assert future.cancelled()
        print("deadline and cancellation")

        try:
            channel.unary_unary(PATH + "Nothing", identity, identity)(b"", timeout=10)
            raise AssertionError("there is no such method")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error
        print("unimplemented")


main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
