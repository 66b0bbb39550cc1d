using Fusion.Interop.Nccl;

namespace Fusion.Runtime;

/// <summary>Operation of NCCL.</summary>
internal enum NcclOperation
{
    /// <summary><c>ncclAllReduce</c> with <c>ncclSum</c>.</summary>
    AllReduce,

    /// <summary><c>ncclAllGather</c>.</summary>
    AllGather,

    /// <summary><c>ncclReduceScatter</c> with <c>ncclSum</c>.</summary>
    ReduceScatter,
}

/// <summary>A rank's call of NCCL.</summary>
/// <param name="Operation">What it does.</param>
/// <param name="Input">Address of its input.</param>
/// <param name="Output">Address of its output.</param>
/// <param name="Count">Number of elements, as NCCL counts them: of an all-reduce all, of the others those of a rank.</param>
/// <param name="Type">Type of the elements.</param>
internal readonly record struct NcclCall(NcclOperation Operation, ulong Input, ulong Output, long Count, NcclDataType Type)
{
    /// <summary>Name of NCCL's function.</summary>
    public string Function => Operation switch
    {
        NcclOperation.AllReduce => "ncclAllReduce",
        NcclOperation.AllGather => "ncclAllGather",
        _ => "ncclReduceScatter",
    };

    /// <summary>Size of the <see cref="Count"/> elements in bytes.</summary>
    public long Bytes => Count * Type switch
    {
        NcclDataType.I8 => 1,
        NcclDataType.F32 => 4,
        _ => 2,
    };

    /// <summary>Makes the sum of a tensor over all ranks.</summary>
    /// <param name="input">Tensor that is summed: bf16, f16 or f32.</param>
    /// <param name="output">Tensor that receives the sum.</param>
    public static NcclCall AllReduce(in DeviceTensor input, in DeviceTensor output) =>
        new(NcclOperation.AllReduce, input.Address, output.Address, input.Rows * input.Columns, TypeOf(input.Type));

    /// <summary>Makes an all-gather of bytes.</summary>
    /// <param name="input">Address of the rank's bytes.</param>
    /// <param name="output">Address of those of all ranks, one rank's behind the other's.</param>
    /// <param name="bytes">Number of bytes of each rank.</param>
    public static NcclCall AllGather(ulong input, ulong output, long bytes) => new(NcclOperation.AllGather, input, output, bytes, NcclDataType.I8);

    /// <summary>Makes the sum of a tensor over all ranks, of which each gets a part.</summary>
    /// <param name="input">Tensor that is summed: bf16, f16 or f32.</param>
    /// <param name="part">The rank's part of the sum.</param>
    public static NcclCall ReduceScatter(in DeviceTensor input, in DeviceTensor part) =>
        new(NcclOperation.ReduceScatter, input.Address, part.Address, part.Rows * part.Columns, TypeOf(input.Type));

    /// <summary>Calls NCCL's function.</summary>
    /// <param name="nccl">NCCL.</param>
    /// <param name="communicator">Communicator of the rank, whose context is current.</param>
    /// <param name="stream">Stream of the rank.</param>
    public NcclResult Begin(NcclLibrary nccl, nint communicator, nint stream) => Operation switch
    {
        NcclOperation.AllReduce => nccl.AllReduce(Input, Output, Count, Type, communicator, stream),
        NcclOperation.AllGather => nccl.AllGather(Input, Output, Count, Type, communicator, stream),
        _ => nccl.ReduceScatter(Input, Output, Count, Type, communicator, stream),
    };

    private static NcclDataType TypeOf(ElementType type) => type switch
    {
        ElementType.BFloat16 => NcclDataType.Bf16,
        ElementType.Float16 => NcclDataType.F16,
        ElementType.Float32 => NcclDataType.F32,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "NCCL sums bf16, f16 or f32."),
    };
}
