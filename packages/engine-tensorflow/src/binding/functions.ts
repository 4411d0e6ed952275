/** An address, or 0n or null for none. */
export type Pointer = bigint;

/** An output of an operation in a graph, as C passes it by value. */
export interface Output {
  readonly oper: Pointer;
  readonly index: number;
}

/** Memory that C reads or writes: a typed array, or an address. */
export type Memory = Pointer | ArrayBufferView | null;

/**
 * The functions of TensorFlow's C API that are used, as koffi declares them
 * (https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/c/c_api.h, eager/c_api.h, tf_tstring.h).
 */
export const declarations = {
  TF_Version: 'const char *TF_Version()',
  TF_NewStatus: 'void *TF_NewStatus()',
  TF_SetStatus: 'void TF_SetStatus(void *status, int code, const char *message)',
  TF_DeleteStatus: 'void TF_DeleteStatus(void *status)',
  TF_GetCode: 'int TF_GetCode(void *status)',
  TF_Message: 'const char *TF_Message(void *status)',
  TF_AllocateTensor: 'void *TF_AllocateTensor(int dtype, const int64_t *dims, int rank, size_t bytes)',
  TF_DeleteTensor: 'void TF_DeleteTensor(void *tensor)',
  TF_TensorData: 'void *TF_TensorData(void *tensor)',
  TF_TensorElementCount: 'int64_t TF_TensorElementCount(void *tensor)',
  TF_TensorType: 'int TF_TensorType(void *tensor)',
  TF_StringInit: 'void TF_StringInit(void *text)',
  TF_StringCopy: 'void TF_StringCopy(void *text, const void *source, size_t size)',
  TF_StringGetDataPointer: 'void *TF_StringGetDataPointer(const void *text)',
  TF_StringGetSize: 'size_t TF_StringGetSize(const void *text)',
  TF_DeviceListCount: 'int TF_DeviceListCount(void *list)',
  TF_DeviceListName: 'const char *TF_DeviceListName(void *list, int index, void *status)',
  TF_DeviceListType: 'const char *TF_DeviceListType(void *list, int index, void *status)',
  TF_DeleteDeviceList: 'void TF_DeleteDeviceList(void *list)',
  TFE_NewContextOptions: 'void *TFE_NewContextOptions()',
  TFE_ContextOptionsSetConfig:
    'void TFE_ContextOptionsSetConfig(void *options, const void *proto, size_t size, void *status)',
  TFE_DeleteContextOptions: 'void TFE_DeleteContextOptions(void *options)',
  TFE_NewContext: 'void *TFE_NewContext(void *options, void *status)',
  TFE_EnableCollectiveOps:
    'void TFE_EnableCollectiveOps(void *context, const void *proto, size_t size, void *status)',
  TFE_CollectiveOpsCheckPeerHealth:
    'void TFE_CollectiveOpsCheckPeerHealth(void *context, const char *task, int64_t milliseconds, void *status)',
  TFE_DeleteContext: 'void TFE_DeleteContext(void *context)',
  TFE_ContextListDevices: 'void *TFE_ContextListDevices(void *context, void *status)',
  TFE_NewTensorHandle: 'void *TFE_NewTensorHandle(void *tensor, void *status)',
  TFE_DeleteTensorHandle: 'void TFE_DeleteTensorHandle(void *handle)',
  TFE_TensorHandleDataType: 'int TFE_TensorHandleDataType(void *handle)',
  TFE_TensorHandleNumDims: 'int TFE_TensorHandleNumDims(void *handle, void *status)',
  TFE_TensorHandleDim: 'int64_t TFE_TensorHandleDim(void *handle, int index, void *status)',
  TFE_TensorHandleResolve: 'void *TFE_TensorHandleResolve(void *handle, void *status)',
  TFE_NewOp: 'void *TFE_NewOp(void *context, const char *name, void *status)',
  TFE_DeleteOp: 'void TFE_DeleteOp(void *op)',
  TFE_OpAddInput: 'void TFE_OpAddInput(void *op, void *handle, void *status)',
  TFE_OpSetAttrString:
    'void TFE_OpSetAttrString(void *op, const char *name, const void *value, size_t length)',
  TFE_OpSetAttrInt: 'void TFE_OpSetAttrInt(void *op, const char *name, int64_t value)',
  TFE_OpSetAttrFloat: 'void TFE_OpSetAttrFloat(void *op, const char *name, float value)',
  TFE_OpSetAttrBool: 'void TFE_OpSetAttrBool(void *op, const char *name, unsigned char value)',
  TFE_OpSetAttrType: 'void TFE_OpSetAttrType(void *op, const char *name, int value)',
  TFE_OpSetAttrShape:
    'void TFE_OpSetAttrShape(void *op, const char *name, const void *dims, int rank, void *status)',
  TFE_OpSetAttrIntList:
    'void TFE_OpSetAttrIntList(void *op, const char *name, const void *values, int count)',
  TFE_OpSetAttrFloatList:
    'void TFE_OpSetAttrFloatList(void *op, const char *name, const void *values, int count)',
  TFE_OpSetAttrBoolList:
    'void TFE_OpSetAttrBoolList(void *op, const char *name, const void *values, int count)',
  TFE_OpSetAttrStringList:
    'void TFE_OpSetAttrStringList(void *op, const char *name, const char **values, const size_t *lengths, int count)',
  TFE_OpSetAttrTypeList:
    'void TFE_OpSetAttrTypeList(void *op, const char *name, const void *values, int count)',
  TFE_Execute: 'void TFE_Execute(void *op, void *handles, void *count, void *status)',
  TFE_ContextAddFunction: 'void TFE_ContextAddFunction(void *context, void *function, void *status)',
  TFE_ContextRemoveFunction: 'void TFE_ContextRemoveFunction(void *context, const char *name, void *status)',
  TF_NewGraph: 'void *TF_NewGraph()',
  TF_DeleteGraph: 'void TF_DeleteGraph(void *graph)',
  TF_NewOperation: 'void *TF_NewOperation(void *graph, const char *type, const char *name)',
  TF_AddInput: 'void TF_AddInput(void *description, TF_Output input)',
  TF_AddInputList: 'void TF_AddInputList(void *description, const void *inputs, int count)',
  TF_AddControlInput: 'void TF_AddControlInput(void *description, void *operation)',
  TF_SetAttrString:
    'void TF_SetAttrString(void *description, const char *name, const void *value, size_t length)',
  TF_SetAttrInt: 'void TF_SetAttrInt(void *description, const char *name, int64_t value)',
  TF_SetAttrFloat: 'void TF_SetAttrFloat(void *description, const char *name, float value)',
  TF_SetAttrBool: 'void TF_SetAttrBool(void *description, const char *name, unsigned char value)',
  TF_SetAttrType: 'void TF_SetAttrType(void *description, const char *name, int value)',
  TF_SetAttrShape: 'void TF_SetAttrShape(void *description, const char *name, const void *dims, int rank)',
  TF_SetAttrIntList:
    'void TF_SetAttrIntList(void *description, const char *name, const void *values, int count)',
  TF_SetAttrFloatList:
    'void TF_SetAttrFloatList(void *description, const char *name, const void *values, int count)',
  TF_SetAttrBoolList:
    'void TF_SetAttrBoolList(void *description, const char *name, const void *values, int count)',
  TF_SetAttrTypeList:
    'void TF_SetAttrTypeList(void *description, const char *name, const void *values, int count)',
  TF_SetAttrStringList:
    'void TF_SetAttrStringList(void *description, const char *name, const char **values, const size_t *lengths, int count)',
  TF_SetAttrTensor: 'void TF_SetAttrTensor(void *description, const char *name, void *tensor, void *status)',
  TF_SetAttrFuncName:
    'void TF_SetAttrFuncName(void *description, const char *name, const void *value, size_t length)',
  TF_FinishOperation: 'void *TF_FinishOperation(void *description, void *status)',
  TF_OperationOutputType: 'int TF_OperationOutputType(TF_Output output)',
  TF_GraphGetTensorNumDims: 'int TF_GraphGetTensorNumDims(void *graph, TF_Output output, void *status)',
  TF_GraphGetTensorShape:
    'void TF_GraphGetTensorShape(void *graph, TF_Output output, void *dims, int rank, void *status)',
  TF_GraphSetTensorShape:
    'void TF_GraphSetTensorShape(void *graph, TF_Output output, const void *dims, int rank, void *status)',
  TF_GraphToFunctionWithControlOutputs:
    'void *TF_GraphToFunctionWithControlOutputs(void *graph, const char *name, unsigned char appendHash, int operations, ' +
    'const void *operationList, int inputs, const void *inputList, int outputs, const void *outputList, ' +
    'const void *outputNames, int controls, const void *controlList, const void *controlNames, void *options, ' +
    'const char *description, void *status)',
  TF_GraphCopyFunction:
    'void TF_GraphCopyFunction(void *graph, void *function, void *gradient, void *status)',
  TF_DeleteFunction: 'void TF_DeleteFunction(void *function)',
  TF_OperationName: 'const char *TF_OperationName(void *operation)',
  TF_GraphOperationByName: 'void *TF_GraphOperationByName(void *graph, const char *name)',
  TF_GraphToGraphDef: 'void TF_GraphToGraphDef(void *graph, void *buffer, void *status)',
  TF_NewBuffer: 'void *TF_NewBuffer()',
  TF_DeleteBuffer: 'void TF_DeleteBuffer(void *buffer)',
  TF_NewSessionOptions: 'void *TF_NewSessionOptions()',
  TF_DeleteSessionOptions: 'void TF_DeleteSessionOptions(void *options)',
  TF_LoadSessionFromSavedModel:
    'void *TF_LoadSessionFromSavedModel(void *options, void *runOptions, const char *folder, const char **tags, int count, ' +
    'void *graph, void *metaGraph, void *status)',
  TF_SessionRun:
    'void TF_SessionRun(void *session, void *runOptions, const void *inputs, const void *inputValues, int inputCount, ' +
    'const void *outputs, void *outputValues, int outputCount, const void *targets, int targetCount, void *runMetadata, ' +
    'void *status)',
  TF_CloseSession: 'void TF_CloseSession(void *session, void *status)',
  TF_DeleteSession: 'void TF_DeleteSession(void *session, void *status)',
} as const;

/** What koffi makes of {@link declarations}. */
export type Functions = {
  readonly [Name in keyof typeof declarations]: (...parameters: unknown[]) => never;
};
