"""Usage: client.py ADDRESS FOLDER-OF-STUBS"""

import sys

sys.path.insert(0, sys.argv[2])

# #region client
import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from kerf.programme.v1 import programme_pb2 as pb, programme_pb2_grpc

stub = programme_pb2_grpc.ProgrammeStub(grpc.insecure_channel(sys.argv[1]))
print(stub.Opening(pb.OpeningRequest(day="weekday"), timeout=2).opens_at)
try:
    stub.Opening(pb.OpeningRequest(day="sunday"), timeout=2)
except grpc.RpcError as error:
    for detail in rpc_status.from_call(error).details:
        info, shut = error_details_pb2.ErrorInfo(), pb.OpeningErrors.Shut()
        if detail.Unpack(info):
            print(error.code().name, info.reason)  # FAILED_PRECONDITION Shut
        if detail.Unpack(shut):
            print(shut.until)
# #endregion
